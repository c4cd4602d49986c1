package dev.keyturn.sidecar.vault;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.OpenBao;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.sidecar.source.FakeContext;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.SourceContract;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class VaultContractTest extends SourceContract {
  @TempDir static Path directory;
  private static OpenBao bao;
  private static boolean down;
  private FakeContext context;

  @BeforeAll
  static void start() throws Exception {
    bao = OpenBao.start(directory);
    Files.writeString(directory.resolve("token"), "root");
  }

  @AfterAll
  static void stop() {
    bao.close();
  }

  @BeforeEach
  void connect() {
    Plan plan =
        Plan.parseYaml(
            """
            vault: {address: "%s", auth: token, token-file: "%s", revoke: false}
            secrets: {a: 'vault:secret/app'}
            """
                .formatted(bao.address(), directory.resolve("token")));
    context = new FakeContext(plan, directory, Workload.NONE);
  }

  @AfterEach
  void close() {
    context.close();
  }

  @Override
  protected SecretSource open(Reference reference) {
    return new VaultProvider().open(reference, context);
  }

  @Override
  protected Reference reference() {
    return Reference.parse("vault:secret/app");
  }

  @Override
  protected Reference absent() {
    return Reference.parse("vault:secret/absent");
  }

  @Override
  protected String field() {
    return "password";
  }

  @Override
  protected void write(String value) throws Exception {
    if (down) {
      bao.restart();
      down = false;
    }
    bao.call("POST", "secret/data/app", "{\"data\": {\"password\": \"%s\"}}".formatted(value));
  }

  @Override
  protected void breakServer() {
    bao.kill();
    down = true;
  }
}
