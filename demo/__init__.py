"""The demo's flawed company: an emulated AWS account, sample repositories, a Terraform state, and the truth planted.

Needs the packages of `requirements/dev.txt` (moto) and git. Knows no Django. Only `demo.audit` knows the
engine, so that the truth never depends on what it is to judge.
"""
