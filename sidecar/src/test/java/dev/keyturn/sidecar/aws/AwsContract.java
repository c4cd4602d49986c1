package dev.keyturn.sidecar.aws;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.Reference;
import dev.keyturn.plan.Source;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.sidecar.source.FakeContext;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.SourceContract;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What AWS' sources have in common in their contract: moto, and who we are to it. */
abstract class AwsContract extends SourceContract {
  @TempDir static Path directory;
  static Moto moto;
  final String name = "app-" + UUID.randomUUID();
  private FakeContext context;
  private boolean down;

  @BeforeAll
  static void start() throws Exception {
    moto = Moto.start(directory);
  }

  @AfterAll
  static void stop() {
    moto.close();
  }

  @BeforeEach
  void connect() {
    context =
        new FakeContext(
            Plan.parseYaml(moto.settings() + "\nsecrets: {a: '" + reference() + "'}"),
            directory,
            Workload.NONE);
  }

  @AfterEach
  void close() {
    context.close();
  }

  @Override
  protected final SecretSource open(Reference reference) throws FetchException {
    return (reference.source() == Source.AWS_SM
            ? new SecretsManagerProvider()
            : new ParameterProvider())
        .open(reference, context);
  }

  @Override
  protected String field() {
    return "password";
  }

  @Override
  protected final void write(String value) throws Exception {
    if (down) {
      moto.restart();
      down = false;
    }
    put(value);
  }

  abstract void put(String value) throws Exception;

  @Override
  protected final void breakServer() {
    moto.kill();
    down = true;
  }
}
