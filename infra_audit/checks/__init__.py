"""The catalogue, one file a check: `checks/aws/<id>.py`, `checks/repo/<id>.py`."""
