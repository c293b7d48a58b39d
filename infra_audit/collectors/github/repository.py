"""github.repository: one row: default_branch, visibility, is_archived, is_fork, and pushed_at (ISO, or None)."""

from infra_audit.collectors.github.reading import OnGitHub, Told


def read(on: OnGitHub) -> Told:
    about = on.about
    visibility = about.get("visibility") or ("private" if about.get("private") else "public")
    row = {
        "arn": on.arn,
        "full_name": about.get("full_name"),
        "default_branch": on.branch,
        "visibility": visibility,
        "is_archived": on.is_archived,
        "is_fork": bool(about.get("fork")),
        "pushed_at": about.get("pushed_at"),
    }
    return Told((row,))
