"""Rules of our own for cfn-lint, which loads each class here: `cfn-lint --append-rules tools/wild_rydes/cfn_lint_rules`."""
