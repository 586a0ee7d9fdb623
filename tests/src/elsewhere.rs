use aws_config::SdkConfig;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpSocket},
};

/// An endpoint from which calls get to the emulator as if they came from elsewhere: from another address than 127.0.0.1, from
/// which alone the policies take plain HTTP.
pub async fn elsewhere(aws: &SdkConfig) -> String {
    let port = aws.endpoint_url().unwrap().rsplit(':').next().unwrap().trim_end_matches('/');
    let emulator = format!("127.0.0.1:{port}").parse().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut caller, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let socket = TcpSocket::new_v4().unwrap();
                socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
                let mut onward = socket.connect(emulator).await.unwrap();
                // Whoever hangs up first ends it.
                let _ = copy_bidirectional(&mut caller, &mut onward).await;
            });
        }
    });
    endpoint
}
