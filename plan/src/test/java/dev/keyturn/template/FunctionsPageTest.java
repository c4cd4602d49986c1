package dev.keyturn.template;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class FunctionsPageTest {
  @Test
  void everyFunctionIsOnThePage() throws IOException {
    String page = Files.readString(Path.of("../docs/templates.md"));
    assertThat(Functions.names())
        .filteredOn(name -> !page.contains("`" + name + "`") && !page.contains("`" + name + " "))
        .isEmpty();
  }
}
