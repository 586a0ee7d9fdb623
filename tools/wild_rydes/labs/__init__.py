"""The checks of the labs in docs/labs: each looks at what is deployed, and at its traces. They run with the SAM CLI's Python,
which has boto3."""
