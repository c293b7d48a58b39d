"""Settings, routes and process entry points. Importing it makes Celery's app known to `shared_task`."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
