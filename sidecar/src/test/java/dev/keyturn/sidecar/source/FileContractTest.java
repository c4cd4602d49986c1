package dev.keyturn.sidecar.source;

import dev.keyturn.plan.Reference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class FileContractTest extends SourceContract {
  @TempDir Path directory;

  @Override
  protected SecretSource open(Reference reference) {
    return new FileSource(reference, directory);
  }

  @Override
  protected Reference reference() {
    return Reference.parse("file:db.properties");
  }

  @Override
  protected Reference absent() {
    return Reference.parse("file:absent.properties");
  }

  @Override
  protected String field() {
    return "password";
  }

  @Override
  protected void write(String value) throws IOException {
    Files.writeString(directory.resolve("db.properties"), "password=" + value);
  }

  @Override
  protected boolean hasServer() {
    return false;
  }
}
