package dev.keyturn.plan;

/**
 * What the sidecar shows when a server asks for a TLS certificate. The files are read once more for
 * each login; they may hold another certificate by then.
 *
 * @param certFile the certificate and what it is signed with, PEM
 * @param keyFile its private key, PEM
 */
public record ClientCertificate(String certFile, String keyFile) {
  public ClientCertificate {
    var problems = new Problems();
    problems.check(Place.root().at("client-cert-file"), Rules.path(certFile, true));
    problems.check(Place.root().at("client-key-file"), Rules.path(keyFile, true));
    problems.throwIfAny();
  }
}
