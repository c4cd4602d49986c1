package dev.keyturn.javaagent.weaving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.InvokeInstruction;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ClassFileTest {
  private static byte[] classFile(Class<?> type) throws IOException {
    try (var in = type.getResourceAsStream("/" + type.getName().replace('.', '/') + ".class")) {
      return in.readAllBytes();
    }
  }

  private static ClassModel parse(byte[] classFile) {
    return java.lang.classfile.ClassFile.of().parse(classFile);
  }

  /** Method to the calls in it. */
  private static Map<String, List<String>> calls(byte[] classFile) {
    Map<String, List<String>> calls = new TreeMap<>();
    for (MethodModel method : parse(classFile).methods()) {
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

  /** What was changed: the method, and the call in its new form. */
  private static Map<String, String> changedCalls(Class<?> type) throws IOException {
    byte[] original = classFile(type);
    byte[] redirected = Weaver.redirected(type, original);
    assertThat(java.lang.classfile.ClassFile.of().verify(redirected)).isEmpty();
    Map<String, List<String>> before = calls(original);
    Map<String, List<String>> after = calls(redirected);
    assertThat(after).hasSameSizeAs(before);
    Map<String, String> changed = new TreeMap<>();
    before.forEach(
        (method, calls) -> {
          for (int i = 0; i < calls.size(); i++) {
            if (!calls.get(i).equals(after.get(method).get(i))) {
              changed.put(
                  method.replace("java/lang/", ""),
                  after.get(method).get(i).replace("java/lang/", ""));
            }
          }
        });
    return changed;
  }

  @Test
  void changes_four_calls_of_system_and_nothing_else() throws IOException {
    assertThat(changedCalls(System.class))
        .isEqualTo(
            Map.of(
                "getenv()Ljava/util/Map;",
                "INVOKESTATIC KeyturnAnswers.getenv()Ljava/util/Map;",
                "getenv(LString;)LString;",
                "INVOKESTATIC KeyturnAnswers.getenv(LString;)LString;",
                "getProperty(LString;)LString;",
                "INVOKESTATIC KeyturnAnswers.getProperty(Ljava/util/Properties;LString;)LString;",
                "getProperty(LString;LString;)LString;",
                "INVOKESTATIC KeyturnAnswers.getProperty"
                    + "(Ljava/util/Properties;LString;LString;)LString;"));
  }

  @Test
  void changes_one_call_in_each_way_to_define_or_find_a_class() throws Exception {
    assertThat(changedCalls(ClassLoader.class).values())
        .allMatch(call -> call.matches("INVOKESTATIC KeyturnAnswers.defineClass[12]\\(.*"))
        .hasSize(2);
    assertThat(changedCalls(Class.forName("jdk.internal.loader.BuiltinClassLoader")).values())
        .containsExactly(
            "INVOKESTATIC KeyturnAnswers.findLoadedClass(LClassLoader;LString;)LClass;");
  }

  @Test
  void knows_a_class_that_is_not_laid_out_as_expected() throws IOException {
    String string = "(Ljava/lang/String;)Ljava/lang/String;";
    String owner = "java/lang/ProcessEnvironment";
    ClassFile other = new ClassFile(classFile(String.class));
    assertThatThrownBy(() -> other.redirect("getenv", string, owner, "getenv", string, null))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("no code for getenv");
    ClassFile twice = new ClassFile(Weaver.redirected(System.class, classFile(System.class)));
    assertThatThrownBy(() -> twice.redirect("getenv", string, owner, "getenv", string, null))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("does not call java/lang/ProcessEnvironment");
  }

  /** All of the JDK's class files: whatever a compiler may write is among them. */
  @Test
  void every_method_can_be_entered_and_is_valid_then() throws IOException {
    Path modules = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules");
    int[] methods = new int[2];
    for (String packages :
        List.of("java.base/java/util", "java.sql/java", "java.naming/com", "jdk.httpserver/sun")) {
      try (Stream<Path> files = Files.walk(modules.resolve(packages))) {
        for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
          enterAll(Files.readAllBytes(file), methods);
        }
      }
    }
    assertThat(methods[0]).as("methods entered for their arguments").isGreaterThan(10_000);
    assertThat(methods[1]).as("methods that may be answered for").isGreaterThan(5_000);
  }

  private static void enterAll(byte[] original, int[] methods) {
    ClassFile entered = new ClassFile(original);
    ClassModel model = parse(original);
    for (MethodModel method : model.methods()) {
      if (method.code().isEmpty() || method.methodName().equalsString("<clinit>")) {
        continue;
      }
      String name = method.methodName().stringValue();
      String descriptor = method.methodType().stringValue();
      char result = descriptor.charAt(descriptor.indexOf(')') + 1);
      assertThat(entered.enter(name, descriptor, false, 7)).isTrue();
      methods[0]++;
      if (!name.equals("<init>") && "L[VZ".indexOf(result) >= 0) {
        assertThat(entered.enter(name, descriptor, true, 300)).isTrue();
        methods[1]++;
      }
    }
    byte[] bytes = entered.bytes();
    assertThat(java.lang.classfile.ClassFile.of().verify(bytes))
        .as(model.thisClass().asInternalName())
        .isEmpty();
  }

  @Test
  void what_is_not_there_is_left() throws IOException {
    ClassFile file = new ClassFile(classFile(String.class));
    assertThat(file.enter("nothing", "()V", false, 1)).isFalse();
    assertThat(file.enter("intern", "()Ljava/lang/String;", true, 1)).as("native").isFalse();
    assertThat(file.bytes()).isEqualTo(classFile(String.class));
  }
}
