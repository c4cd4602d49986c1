package dev.keyturn.sidecar.sops;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.sidecar.source.FakeContext;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.SourceContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SopsContractTest extends SourceContract {
  @TempDir Path directory;

  @Override
  protected SecretSource open(Reference reference) {
    Plan plan =
        Plan.parseYaml(
            "sops: {age-identity-file: '%s'}\nsecrets: {a: 'sops:secret.json'}"
                .formatted(Vectors.identity("a")));
    return new SopsProvider().open(reference, new FakeContext(plan, directory, Workload.NONE));
  }

  @Override
  protected Reference reference() {
    return Reference.parse("sops:secret.json");
  }

  @Override
  protected Reference absent() {
    return Reference.parse("sops:absent.json");
  }

  @Override
  protected String field() {
    return "password";
  }

  @Override
  protected void write(String value) throws Exception {
    SopsWriter.write(directory.resolve("secret.json"), "password", value);
  }

  @Override
  protected boolean hasServer() {
    return false;
  }
}
