package dev.keyturn.sidecar.vault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.sidecar.metrics.Metrics;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.SecretSource.Wake;
import java.io.OutputStream;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

class VaultServerTest {
  @Test
  void after_a_suspension_every_secret_is_told_once_to_look() throws Exception {
    Plan plan =
        Plan.parseYaml(
            """
            vault: {address: "http://127.0.0.1:1", auth: token, token-file: /nowhere}
            secrets: {a: 'vault:secret/a#a'}
            """);
    AuditLog audit =
        new AuditLog(OutputStream.nullOutputStream(), Workload.NONE, InstantSource.system());
    try (VaultServer server =
        new VaultServer(plan.vault().orElseThrow(), audit, new Metrics(), InstantSource.system())) {
      SecretSource one = server.source(Reference.parse("vault:secret/a#a"));
      SecretSource other = server.source(Reference.parse("vault:secret/b#b"));
      server.resumed();
      for (SecretSource source : new SecretSource[] {one, other}) {
        assertThat(source.awaitChange(Duration.ofSeconds(10))).contains(Wake.RESUMED);
        assertThat(source.awaitChange(Duration.ZERO)).isEmpty();
      }
    }
  }
}
