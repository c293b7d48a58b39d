"""What other tools found, joined to what we found: Prowler's OCSF, and ASFF as Prowler and Security Hub write it."""
