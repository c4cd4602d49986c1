package dev.keyturn.sidecar.audit;

/**
 * For whom secrets are fetched, as Kubernetes tells it; a field is empty where nobody did.
 *
 * @param pod its name
 * @param namespace its namespace
 * @param serviceAccount the identity it runs with
 * @param node where it runs
 */
public record Workload(String pod, String namespace, String serviceAccount, String node) {
  /** Of a process outside a pod. */
  public static final Workload NONE = new Workload("", "", "", "");
}
