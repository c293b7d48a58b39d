"""Finds credentials in text, and says so without ever repeating one.

`SecretEngine(key).scan(data, path=…)` gives `Detection`s: a rule, a title, a preview that gives nothing away, a keyed
fingerprint that recognises the same secret elsewhere. Nothing here ever tries a credential.
"""

from infra_audit.secrets.detection import DETECTOR_VERSION, Confidence, Detection
from infra_audit.secrets.engine import SecretEngine

__all__ = ["DETECTOR_VERSION", "Confidence", "Detection", "SecretEngine"]
