//! The identity of a service.

/// The service that a function belongs to. Logs, metrics and dead letters carry its name.
///
/// ```
/// use lambda_messaging::Service;
///
/// const ORDERS: Service = Service::new("Shop", "orders");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    pub(crate) metrics_namespace: &'static str,
    pub(crate) name: &'static str,
}

impl Service {
    /// The service of this name, with its metrics in this namespace of CloudWatch.
    #[must_use]
    pub const fn new(metrics_namespace: &'static str, name: &'static str) -> Self {
        Self { metrics_namespace, name }
    }
}
