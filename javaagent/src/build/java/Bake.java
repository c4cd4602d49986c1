import static net.bytebuddy.matcher.ElementMatchers.named;

import dev.keyturn.javaagent.bootstrap.AnswersClass;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.implementation.FixedValue;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.commons.ClassRemapper;
import net.bytebuddy.jar.asm.commons.SimpleRemapper;

/**
 * The agent's transformations that need no knowledge of the JVM it will run in, made when it is
 * built. Run after compilation: {@code java Bake.java CLASSES_DIRECTORY}.
 */
class Bake {
  private static final String ANSWERS = "dev/keyturn/javaagent/bootstrap/Answers";

  public static void main(String[] args) throws IOException {
    Path classes = Path.of(args[0]);
    embed(classes, rename(Files.readAllBytes(classes.resolve(ANSWERS + ".class"))));
    lower(classes.resolve("dev/keyturn/javaagent/entry/Premain.class"), Opcodes.V1_6);
    lower(classes.resolve("dev/keyturn/javaagent/core/Java9.class"), Opcodes.V1_8);
  }

  /** Answers as {@code java.lang.KeyturnAnswers}, without what only a debugger reads. */
  private static byte[] rename(byte[] answers) {
    ClassWriter out = new ClassWriter(0);
    new ClassReader(answers)
        .accept(
            new ClassRemapper(
                out, new SimpleRemapper(Opcodes.ASM9, ANSWERS, AnswersClass.NAME)),
            ClassReader.SKIP_DEBUG);
    return out.toByteArray();
  }

  /** Makes {@code AnswersClass.text()} return those bytes. */
  private static void embed(Path classes, byte[] answers) throws IOException {
    new ByteBuddy()
        .redefine(AnswersClass.class)
        .method(named("text"))
        .intercept(FixedValue.value(new String(answers, StandardCharsets.ISO_8859_1)))
        .make()
        .saveIn(classes.toFile());
  }

  private static void lower(Path file, int classFileVersion) throws IOException {
    ClassWriter out = new ClassWriter(0);
    new ClassReader(Files.readAllBytes(file))
        .accept(
            new ClassVisitor(Opcodes.ASM9, out) {
              @Override
              public void visit(
                  int version, int access, String name, String sign, String of, String[] has) {
                super.visit(classFileVersion, access, name, sign, of, has);
              }
            },
            0);
    Files.write(file, out.toByteArray());
  }
}
