package dev.keyturn.sidecar.kubernetes;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.sidecar.source.FakeContext;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.SourceContract;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

class KubernetesContractTest extends SourceContract {
  private FakeApiServer server;
  private FakeContext context;
  private boolean down;

  @BeforeEach
  void start() throws Exception {
    server = new FakeApiServer();
    context = new FakeContext(plan(server), Path.of("/"), Workload.NONE);
  }

  static Plan plan(FakeApiServer server) {
    return Plan.parseYaml(
        """
        kubernetes: {access: api, address: "%s", namespace: shop}
        secrets: {a: 'k8s:secret/app'}
        """
            .formatted(server.address()));
  }

  @AfterEach
  void stop() {
    context.close();
    server.close();
  }

  @Override
  protected SecretSource open(Reference reference) throws Exception {
    return new KubernetesProvider().open(reference, context);
  }

  @Override
  protected Reference reference() {
    return Reference.parse("k8s:secret/app");
  }

  @Override
  protected Reference absent() {
    return Reference.parse("k8s:secret/absent");
  }

  @Override
  protected String field() {
    return "password";
  }

  @Override
  protected void write(String value) throws Exception {
    if (down) {
      server.start();
      down = false;
    }
    server.put("secrets/app", Map.of("password", FakeApiServer.base64(value)), "");
  }

  @Override
  protected void breakServer() {
    server.cut();
    down = true;
  }
}
