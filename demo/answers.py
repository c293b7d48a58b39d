"""Answers to what moto lacks, in the shape that botocore knows, written on the wire as AWS would."""

from typing import Any

from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model

from demo.faults import Answer
from demo.wire import MODEL_NAMES, Asked


def written(asked: Asked, result: dict[str, Any]) -> Answer:
    """The answer to what was asked. `result` is in JSON types, times as ISO."""
    model = get_service_model(MODEL_NAMES.get(asked.service, asked.service))
    writer = get_serializer_class(model.service_name, asked.protocol)(model.operation_model(asked.operation))
    made = writer.serialize(result)
    return "200 OK", str(made["headers"].get("Content-Type", "text/xml")), str(made["body"]), {}
