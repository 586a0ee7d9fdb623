//! A server that answers as AWS does.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// The server, for as long as the test's process lasts.
pub struct Aws {
    pub url: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

#[derive(Debug, Clone, Default)]
pub struct Request {
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Aws {
    /// Gives each request's answer: its status and its body.
    pub fn answers(answer: impl Fn(&Request) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (answer, seen) = (Arc::new(answer), Arc::new(Mutex::new(Vec::new())));
        let all = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, all) = (Arc::clone(&answer), Arc::clone(&all));
                thread::spawn(move || {
                    // A client may go away in between.
                    let Some(request) = Request::read(&stream) else { return };
                    all.lock().unwrap().push(request.clone());
                    let (status, body) = answer(&request);
                    let kind = if body.starts_with('<') { "text/xml" } else { "application/json" };
                    let head = format!("HTTP/1.1 {status} So\r\ncontent-type: {kind}\r\nconnection: close");
                    let _ = write!(&stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                });
            }
        });
        Self { url, seen }
    }

    /// The request that came last.
    pub fn last(&self) -> Request {
        self.seen.lock().unwrap().last().unwrap().clone()
    }
}

impl Request {
    fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let (mut request, mut line) = (Self::default(), String::new());
        reader.read_line(&mut line).ok()?;
        loop {
            line.clear();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            request.headers.push((name.to_lowercase(), value.to_owned()));
        }
        let mut body = vec![0; request.header("content-length").parse().unwrap_or_default()];
        reader.read_exact(&mut body).ok()?;
        request.body = String::from_utf8(body).ok()?;
        Some(request)
    }

    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(header, _)| header == name).map_or("", |(_, value)| value)
    }

    /// The operation that is asked for, of a service that speaks JSON.
    pub fn target(&self) -> &str {
        self.header("x-amz-target")
    }

    /// The access key that the request is signed with.
    pub fn signed_by(&self) -> &str {
        self.scope(0)
    }

    pub fn signed_for_region(&self) -> &str {
        self.scope(2)
    }

    /// `Credential=key/day/region/service/aws4_request`
    fn scope(&self, part: usize) -> &str {
        let credential = self.header("authorization").split_once("Credential=").map_or("", |(_, rest)| rest);
        credential.split(['/', ',']).nth(part).unwrap_or_default()
    }
}

/// The answer to a question for the stacks: one with an API; none if it is another question.
pub fn stacks(request: &Request) -> Option<(u16, String)> {
    if !request.body.contains("Action=DescribeStacks") {
        return None;
    }
    let outputs: String = [("ApiId", "api"), ("ApiStage", "stage")]
        .map(|(key, value)| {
            format!("<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>")
        })
        .concat();
    let stack = |service: &str| {
        format!(
            "<member><StackName>wild-rydes-local-{service}</StackName>
             <CreationTime>2026-11-24T09:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>
             <Outputs>{outputs}</Outputs></member>"
        )
    };
    let stacks = ["unicorn-management", "ride-booking"].map(stack).concat();
    let answer = "DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"";
    let body = format!(
        "<{answer}><DescribeStacksResult><Stacks>{stacks}</Stacks></DescribeStacksResult></DescribeStacksResponse>"
    );
    Some((200, body))
}
