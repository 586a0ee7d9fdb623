//! The callers of the APIs: apps with credentials of their own, and callers without rights.

use aws_config::SdkConfig;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use client::{Answer, Api, Deployment};
use serde_json::{Value, json};

use crate::{Contract, Prebooking, Rfq, Ride, World, eventually, quotes, unique};

/// A caller of the endpoints. Its requests and their answers are checked against the contracts.
pub struct Caller {
    aws: Option<SdkConfig>,
    unicorn_management: Api,
    ride_booking: Api,
}

impl Caller {
    /// The Unicorn Management App: an IAM user with the app's managed policy and nothing else.
    pub async fn unicorn_management_app(world: &World) -> Self {
        let policy = world.output("unicorn-management", "UnicornManagementAppPolicyArn").to_owned();
        let user = User::without_rights(world).await;
        user.iam.attach_user_policy().user_name(&user.name).policy_arn(policy).send().await.unwrap();
        user.caller(world).await
    }

    /// The Customer App: an IAM user with that app's managed policy and nothing else.
    pub async fn customer_app(world: &World) -> Self {
        let policy = world.output("ride-booking", "CustomerAppPolicyArn").to_owned();
        let user = User::without_rights(world).await;
        user.iam.attach_user_policy().user_name(&user.name).policy_arn(policy).send().await.unwrap();
        user.caller(world).await
    }

    /// A caller with credentials that allow nothing.
    pub async fn stranger(world: &World) -> Self {
        User::without_rights(world).await.caller(world).await
    }

    /// A caller that knows an app's access key, but not its secret.
    pub async fn impostor(world: &World) -> Self {
        let mut user = User::without_rights(world).await;
        let policy = world.output("unicorn-management", "UnicornManagementAppPolicyArn").to_owned();
        user.iam.attach_user_policy().user_name(&user.name).policy_arn(policy).send().await.unwrap();
        user.secret.push_str("-not");
        user.caller(world).await
    }

    /// A caller that doesn't sign.
    pub fn anonymous(world: &World) -> Self {
        let api = |service| Api::anonymous(&world.deployment, service).unwrap();
        Self { aws: None, unicorn_management: api("unicorn-management"), ride_booking: api("ride-booking") }
    }

    /// The credentials of a caller that signs.
    pub fn aws(&self) -> &SdkConfig {
        self.aws.as_ref().expect("a caller that signs")
    }

    /// Calls any method of an API. A caller with the right is refused for another reason: the body is a text, or the item doesn't exist.
    pub async fn tries(&self, service: &str, method: &str, path: &str) -> Answer {
        let api = match service {
            "unicorn-management" => &self.unicorn_management,
            "ride-booking" => &self.ride_booking,
            _ => panic!("{service} has no API"),
        };
        let there = path.replace("{id}", &uuid::Uuid::now_v7().to_string());
        let answer = match method {
            "post" => api.post(&there, &[("content-type", "text/plain")], "text").await.unwrap(),
            "get" => api.get(&there, &[]).await.unwrap(),
            _ => panic!("no caller knows {method}"),
        };
        Contract::of_method(service, method, path).check_answer(&answer);
        answer
    }

    /// Reports a ride that must be accepted, and returns its id.
    pub async fn completes(&self, ride: &Ride) -> String {
        let answer = self.posts(&ride.json(), &[]).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["id"].as_str().unwrap().to_owned()
    }

    /// Reports any body as a ride.
    pub async fn posts(&self, body: &str, headers: &[(&str, &str)]) -> Answer {
        let answer = self.unicorn_management.post("/submit-ride-completion", headers, body).await.unwrap();
        Contract::submit_ride_completion().check(body, &answer);
        answer
    }

    /// Prebooks a ride, which must be accepted, and returns its id.
    pub async fn prebooks(&self, prebooking: &Prebooking) -> String {
        let answer = self.posts_prebooking(&prebooking.json(), &[]).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        answer.body["id"].as_str().unwrap().to_owned()
    }

    /// Sends any body as a prebooking. The local emulator's edge doesn't look at it.
    pub async fn posts_prebooking(&self, body: &str, headers: &[(&str, &str)]) -> Answer {
        let answer = self.ride_booking.post("/submit-ride-prebooking", headers, body).await.unwrap();
        Contract::submit_ride_prebooking().check_answer(&answer);
        answer
    }

    /// Queries a prebooking.
    pub async fn queries_prebooking(&self, id: &str) -> Answer {
        let answer = self.ride_booking.get(&format!("/query-ride-prebooking/{id}"), &[]).await.unwrap();
        Contract::query_ride_prebooking().check_answer(&answer);
        answer
    }

    /// Asks for quotes, which must be accepted, and returns the id of the request.
    pub async fn requests_quotes(&self, rfq: &Rfq) -> String {
        let answer = self.posts_rfq(&rfq.json(), &[]).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["rfq-id"].as_str().unwrap().to_owned()
    }

    /// Sends any body as a request for quotes.
    pub async fn posts_rfq(&self, body: &str, headers: &[(&str, &str)]) -> Answer {
        let answer = self.ride_booking.post("/submit-instant-ride-rfq", headers, body).await.unwrap();
        Contract::submit_instant_ride_rfq().check(body, &answer);
        answer
    }

    /// Queries a request for quotes.
    pub async fn queries_rfq(&self, id: &str) -> Answer {
        let answer = self.ride_booking.get(&format!("/query-instant-ride-rfq/{id}"), &[]).await.unwrap();
        Contract::query_instant_ride_rfq().check_answer(&answer);
        answer
    }

    /// The request once it is closed.
    pub async fn sees_closed(&self, id: &str) -> Value {
        let look = || self.queries_rfq(id);
        eventually("it is closed", look, |answer| answer.body["status"] == "CLOSED").await.body
    }

    /// The request once this many quotes have come.
    pub async fn sees_quotes(&self, id: &str, count: usize) -> Value {
        let look = || self.queries_rfq(id);
        let right = |answer: &Answer| quotes(&answer.body, "quotes").len() == count;
        eventually("the quotes are there", look, right).await.body
    }
}

/// A user of the AWS account, with credentials of its own.
pub struct User {
    iam: aws_sdk_iam::Client,
    name: String,
    key: String,
    secret: String,
}

impl User {
    /// A user with no policy at all.
    pub async fn without_rights(world: &World) -> Self {
        let iam = aws_sdk_iam::Client::new(world.aws());
        let name = unique("app");
        iam.create_user().user_name(&name).send().await.unwrap();
        let key = iam.create_access_key().user_name(&name).send().await.unwrap().access_key.unwrap();
        Self { iam, name, key: key.access_key_id, secret: key.secret_access_key }
    }

    /// A user whose own policy allows everything.
    pub async fn administrator(world: &World) -> Self {
        let user = Self::without_rights(world).await;
        let policy = json!({"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        let put = user.iam.put_user_policy().user_name(&user.name).policy_name("everything");
        put.policy_document(policy.to_string()).send().await.unwrap();
        user
    }

    /// The configuration of this user's AWS clients.
    pub fn aws(&self, world: &World) -> SdkConfig {
        let credentials = Credentials::new(&self.key, &self.secret, None, None, "test");
        let provider = SharedCredentialsProvider::new(credentials);
        world.aws().to_builder().credentials_provider(provider).build()
    }

    async fn caller(self, world: &World) -> Caller {
        let aws = self.aws(world);
        let deployment: Deployment = world.deployment.as_caller(aws.clone());
        Caller {
            aws: Some(aws),
            unicorn_management: Api::from_deployment(&deployment, "unicorn-management").await.unwrap(),
            ride_booking: Api::from_deployment(&deployment, "ride-booking").await.unwrap(),
        }
    }
}
