"""What other tools found, joined to what we found: OCSF and ASFF of accounts; SARIF, Checkov and cfn-lint of code."""
