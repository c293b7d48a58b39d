"""A pre-commit and a post-commit hook for git: no credential is committed, and where one is, the team is told.

`python -m infra_audit.hook pre-commit|post-commit` is what the installed hooks call. It starts in a fraction of a
second because it imports nothing but the secret engine; keep it so.
"""
