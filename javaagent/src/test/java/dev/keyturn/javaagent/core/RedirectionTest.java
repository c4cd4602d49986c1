package dev.keyturn.javaagent.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.InvokeInstruction;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RedirectionTest {
  private static byte[] classFile(Class<?> type) throws IOException {
    try (var in = type.getResourceAsStream("/" + type.getName().replace('.', '/') + ".class")) {
      return in.readAllBytes();
    }
  }

  /** Method to the calls in it. */
  private static Map<String, List<String>> calls(byte[] classFile) {
    ClassModel model = ClassFile.of().parse(classFile);
    Map<String, List<String>> calls = new TreeMap<>();
    for (MethodModel method : model.methods()) {
      CodeModel code = method.code().orElse(null);
      if (code != null) {
        calls.put(
            method.methodName().stringValue() + method.methodType().stringValue(),
            code.elementStream()
                .filter(InvokeInstruction.class::isInstance)
                .map(InvokeInstruction.class::cast)
                .map(
                    call ->
                        call.opcode()
                            + " "
                            + call.owner().asInternalName()
                            + "."
                            + call.name().stringValue()
                            + call.type().stringValue())
                .toList());
      }
    }
    return calls;
  }

  @Test
  void changesTheFourCallsOfSystemAndNothingElse() throws IOException {
    byte[] original = classFile(System.class);
    byte[] redirected = new Redirection(original).redirected();

    Map<String, List<String>> before = calls(original);
    Map<String, List<String>> after = calls(redirected);
    Map<String, String> changed = new TreeMap<>();
    before.forEach(
        (method, calls) -> {
          for (int i = 0; i < calls.size(); i++) {
            if (!calls.get(i).equals(after.get(method).get(i))) {
              changed.put(method, after.get(method).get(i));
            }
          }
        });
    String string = "Ljava/lang/String;";
    assertThat(changed)
        .isEqualTo(
            Map.of(
                "getenv()Ljava/util/Map;",
                "INVOKESTATIC java/lang/KeyturnAnswers.getenv()Ljava/util/Map;",
                "getenv(" + string + ")" + string,
                "INVOKESTATIC java/lang/KeyturnAnswers.getenv(" + string + ")" + string,
                "getProperty(" + string + ")" + string,
                "INVOKESTATIC java/lang/KeyturnAnswers.getProperty(Ljava/util/Properties;"
                    + string
                    + ")"
                    + string,
                "getProperty(" + string + string + ")" + string,
                "INVOKESTATIC java/lang/KeyturnAnswers.getProperty(Ljava/util/Properties;"
                    + string
                    + string
                    + ")"
                    + string));
    assertThat(ClassFile.of().verify(redirected)).isEmpty();
    assertThat(after).hasSameSizeAs(before);
  }

  @Test
  void knowsAClassThatIsNotLaidOutAsSystemIs() throws IOException {
    byte[] other = classFile(String.class);
    assertThatThrownBy(() -> new Redirection(other).redirected())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("no code for getenv(Ljava/lang/String;)Ljava/lang/String;");
    byte[] twice = new Redirection(classFile(System.class)).redirected();
    assertThatThrownBy(() -> new Redirection(twice).redirected())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("does not call java/lang/ProcessEnvironment");
  }
}
