//! The services' buffer queues, and queues of a test's own.

use aws_sdk_sqs::types::{MessageAttributeValue, QueueAttributeName};

use crate::{Service, World, unique};

/// Twelve hours, in seconds: what SQS allows at most.
const LONGEST_VISIBILITY_TIMEOUT: &str = "43200";

impl World {
    /// The name of a service's buffer queue.
    pub fn queue_name(&self, service: Service) -> &str {
        self.output(service.stack, &format!("{}QueueUrl", service.name)).rsplit('/').next().unwrap()
    }

    /// Puts a message into a service's buffer queue, as the topic does.
    pub async fn delivers(&self, service: Service, body: &str) {
        let queue = self.output(service.stack, &format!("{}QueueUrl", service.name));
        self.sqs.send_message().queue_url(queue).message_body(body).send().await.unwrap();
    }

    /// Puts a message into a service's buffer queue that can't be handled. No client was told that it was accepted.
    pub async fn poisons(&self, service: Service, body: &str) {
        let queue = self.output(service.stack, &format!("{}QueueUrl", service.name));
        let send = self.sqs.send_message().queue_url(queue).message_body(body);
        let send = match service {
            Service::PAYMENT => send.message_group_id(unique("c")).message_deduplication_id(unique("d")),
            // Any other fault of a submission is a reason to reject it.
            Service::PREBOOKING_SUBMISSION => {
                let not_ours = MessageAttributeValue::builder().data_type("String").string_value("=nobody's");
                send.message_attributes("RequestId", not_ours.build().unwrap())
            }
            _ => send,
        };
        send.send().await.unwrap();
    }

    /// Puts a message into a service's buffer queue, which delays it.
    pub async fn delivers_after(&self, seconds: i32, service: Service, body: &str) {
        let queue = self.output(service.stack, &format!("{}QueueUrl", service.name));
        let send = self.sqs.send_message().queue_url(queue).message_body(body).delay_seconds(seconds);
        send.send().await.unwrap();
    }

    /// A queue of the test's own that is subscribed to a topic. It gives each message once.
    pub async fn listens_to(&self, topic_arn: &str) -> String {
        let queue = self.sqs.create_queue().queue_name(unique("listens"));
        let queue = queue.attributes(QueueAttributeName::VisibilityTimeout, LONGEST_VISIBILITY_TIMEOUT);
        let queue = queue.send().await.unwrap().queue_url.unwrap();
        let get = self.sqs.get_queue_attributes().queue_url(&queue).attribute_names(QueueAttributeName::All);
        let arn = get.send().await.unwrap().attributes.unwrap()[&QueueAttributeName::QueueArn].clone();
        let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
            "Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}}}]});
        let set = self.sqs.set_queue_attributes().queue_url(&queue);
        set.attributes(QueueAttributeName::Policy, policy.to_string()).send().await.unwrap();
        let subscribe = self.sns.subscribe().topic_arn(topic_arn).protocol("sqs").endpoint(&arn);
        subscribe.attributes("RawMessageDelivery", "true").send().await.unwrap();
        queue
    }

    /// The number of messages in the buffer queue of a service, in any state.
    pub async fn backlog(&self, service: Service) -> usize {
        self.in_hand(service).await
            + self.counts(service, &[QueueAttributeName::ApproximateNumberOfMessagesDelayed]).await
    }

    /// The number of messages in the buffer queue of a service, without delayed ones.
    pub async fn in_hand(&self, service: Service) -> usize {
        let counts = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        self.counts(service, &counts).await
    }

    async fn counts(&self, service: Service, counts: &[QueueAttributeName]) -> usize {
        let queue = self.output(service.stack, &format!("{}QueueUrl", service.name));
        let get = self.sqs.get_queue_attributes().queue_url(queue).attribute_names(QueueAttributeName::All);
        let got = get.send().await.unwrap().attributes.unwrap();
        counts.iter().map(|name| got[name].parse::<usize>().unwrap()).sum()
    }

    /// A queue without a consumer.
    pub async fn creates_queue(&self) -> String {
        let create = self.sqs.create_queue().queue_name(unique("unread"));
        create.send().await.unwrap().queue_url.unwrap()
    }

    /// A FIFO queue without a consumer.
    pub async fn creates_fifo_queue(&self) -> String {
        let create = self.sqs.create_queue().queue_name(format!("{}.fifo", unique("held-up")));
        let create = create.attributes(QueueAttributeName::FifoQueue, "true");
        create.send().await.unwrap().queue_url.unwrap()
    }

    /// The next message of a queue.
    pub async fn receives(&self, queue_url: &str) -> Option<String> {
        let received = self.sqs.receive_message().queue_url(queue_url).send().await.unwrap();
        received.messages.unwrap_or_default().into_iter().next()?.body
    }

    /// As many messages of a queue as it gives at once, and none if there are none.
    pub async fn receives_several(&self, queue_url: &str) -> Vec<String> {
        let receive = self.sqs.receive_message().queue_url(queue_url).max_number_of_messages(10);
        let received = receive.send().await.unwrap().messages.unwrap_or_default();
        received.into_iter().filter_map(|message| message.body).collect()
    }

    /// All messages of a FIFO queue, deleted one after the other, so that each group goes on.
    pub async fn takes_all(&self, queue_url: &str) -> Vec<String> {
        let mut bodies = Vec::new();
        loop {
            let received = self.sqs.receive_message().queue_url(queue_url).send().await.unwrap();
            let Some(message) = received.messages.unwrap_or_default().into_iter().next() else {
                return bodies;
            };
            let delete = self.sqs.delete_message().queue_url(queue_url);
            delete.receipt_handle(message.receipt_handle.unwrap()).send().await.unwrap();
            bodies.extend(message.body);
        }
    }
}
