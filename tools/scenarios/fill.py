"""Puts an object into each bucket that has a stage's name in its own; run with the SAM CLI's Python."""

import sys

import boto3

if __name__ == "__main__":
    for bucket in boto3.resource("s3").buckets.all():
        if sys.argv[1] in bucket.name:
            bucket.put_object(Key="events/one", Body=b"1")
