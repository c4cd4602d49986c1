package dev.keyturn.plan;

import java.net.URI;
import java.util.Optional;

/**
 * The plan's {@code vault} section: which server, and who we are to it.
 *
 * @param address {@code http} or {@code https}, host and optional port; no path, query or user
 * @param namespace the {@code X-Vault-Namespace} header
 * @param ca certificates (PEM) to trust instead of the JVM's, in the plan itself; not with caFile
 * @param caFile a file with such certificates
 * @param serverName the name the server's certificate must carry, where it is not the address's
 */
public record VaultSettings(
    URI address,
    VaultAuth auth,
    Optional<String> namespace,
    Optional<String> ca,
    Optional<String> caFile,
    Optional<String> serverName) {}
