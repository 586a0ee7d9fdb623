"""Reads templates and talks to CloudFormation: run with the SAM CLI's Python, which has boto3 and a reader of YAML."""
