"""Deploys or deletes a service that takes completed rides: `service.py deploy|delete <stack>`. Run with the SAM CLI's Python."""

import json
import sys

import boto3


def template(stage: str) -> str:
    topic = {"Fn::ImportValue": f"wild-rydes-{stage}-RideCompletionTopicArn"}
    arn = {"Fn::GetAtt": ["RideInsuranceQueue", "Arn"]}
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = {"Queues": [{"Ref": "RideInsuranceQueue"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [allowed]}}
    subscription = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": arn, "RawMessageDelivery": True}
    resources = {
        "RideInsuranceQueue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"wild-rydes-{stage}-ride-insurance"}},
        "RideInsuranceQueuePolicy": {"Type": "AWS::SQS::QueuePolicy", "Properties": policy},
        "RideCompletionSubscription": {"Type": "AWS::SNS::Subscription", "Properties": subscription},
    }
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})


if __name__ == "__main__":
    what, stack = sys.argv[1:]
    cloudformation = boto3.client("cloudformation")
    if what == "deploy":
        tags = [{"Key": "stage", "Value": stack.split("-")[2]}, {"Key": "service", "Value": "ride-insurance"}]
        cloudformation.create_stack(StackName=stack, TemplateBody=template(stack.split("-")[2]), Tags=tags)
        cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    else:
        cloudformation.delete_stack(StackName=stack)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
