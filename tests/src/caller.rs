//! Who calls the endpoint: an app with credentials of its own, or nobody.

use aws_config::SdkConfig;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use rydes::{Answer, Api, Deployment};

use crate::{Contract, Ride, World, unique};

/// A caller of the endpoint. What it sends and gets is held against the contract.
pub struct Caller {
    api: Api,
    contract: Contract,
}

impl Caller {
    /// The Unicorn Management App: an IAM user with the app's managed policy and nothing else.
    pub async fn unicorn_management_app(world: &World) -> Self {
        let policy = world.output("unicorn-management", "UnicornManagementAppPolicyArn").to_owned();
        let user = User::new(world).await;
        user.iam.attach_user_policy().user_name(&user.name).policy_arn(policy).send().await.unwrap();
        user.caller(world).await
    }

    /// An app with credentials of the same account, but for other paths: what the Customer App may call.
    pub async fn customer_app(world: &World) -> Self {
        let user = User::new(world).await;
        let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": [
                "arn:aws:execute-api:*:*:*/*/POST/submit-ride-prebooking",
                "arn:aws:execute-api:*:*:*/*/GET/query-ride-prebooking/*",
                "arn:aws:execute-api:*:*:*/*/POST/submit-instant-ride-rfq",
                "arn:aws:execute-api:*:*:*/*/GET/query-instant-ride-rfq/*"]}]});
        let put = user.iam.put_user_policy().user_name(&user.name).policy_name("customer-app");
        put.policy_document(policy.to_string()).send().await.unwrap();
        user.caller(world).await
    }

    /// Somebody who knows an app's access key, but not its secret.
    pub async fn impostor(world: &World) -> Self {
        let mut user = User::new(world).await;
        let policy = world.output("unicorn-management", "UnicornManagementAppPolicyArn").to_owned();
        user.iam.attach_user_policy().user_name(&user.name).policy_arn(policy).send().await.unwrap();
        user.secret.push_str("-not");
        user.caller(world).await
    }

    /// A caller that doesn't sign.
    pub fn anonymous(world: &World) -> Self {
        Self::of(Api::anonymous(&world.deployment, "unicorn-management").unwrap())
    }

    fn of(api: Api) -> Self {
        Self { api, contract: Contract::submit_ride_completion() }
    }

    /// Reports a ride that must be accepted, and gives its id.
    pub async fn completes(&self, ride: &Ride) -> String {
        let answer = self.posts(&ride.json(), &[]).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["id"].as_str().unwrap().to_owned()
    }

    /// Sends any body.
    pub async fn posts(&self, body: &str, headers: &[(&str, &str)]) -> Answer {
        let answer = self.api.post("/submit-ride-completion", headers, body).await.unwrap();
        self.contract.check(body, &answer);
        answer
    }
}

struct User {
    iam: aws_sdk_iam::Client,
    name: String,
    key: String,
    secret: String,
}

impl User {
    async fn new(world: &World) -> Self {
        let iam = aws_sdk_iam::Client::new(world.aws());
        let name = unique("app");
        iam.create_user().user_name(&name).send().await.unwrap();
        let key = iam.create_access_key().user_name(&name).send().await.unwrap().access_key.unwrap();
        Self { iam, name, key: key.access_key_id, secret: key.secret_access_key }
    }

    async fn caller(self, world: &World) -> Caller {
        let credentials = Credentials::new(self.key, self.secret, None, None, "test");
        let provider = SharedCredentialsProvider::new(credentials);
        let aws: SdkConfig = world.aws().to_builder().credentials_provider(provider).build();
        let deployment: Deployment = world.deployment.as_caller(aws);
        Caller::of(Api::of(&deployment, "unicorn-management").await.unwrap())
    }
}
