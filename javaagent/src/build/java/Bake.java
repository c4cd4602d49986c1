import static net.bytebuddy.matcher.ElementMatchers.named;

import dev.keyturn.javaagent.bootstrap.Baked;
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
    Path premain = classes.resolve("dev/keyturn/javaagent/entry/Premain.class");
    Files.write(premain, transformed(premain, Opcodes.V1_6));
    new ByteBuddy()
        .redefine(Baked.class)
        .method(named("answers"))
        .intercept(constant(transformed(classes.resolve(ANSWERS + ".class"), Opcodes.V1_8)))
        .method(named("opener"))
        .intercept(constant(transformed(classes.resolve(Baked.OPENER + ".class"), Opcodes.V1_8)))
        .make()
        .saveIn(classes.toFile());
  }

  private static FixedValue.AssignerConfigurable constant(byte[] classFile) {
    return FixedValue.value(new String(classFile, StandardCharsets.ISO_8859_1));
  }

  /** With Answers renamed, and the class-file version lowered as given. */
  private static byte[] transformed(Path classFile, int version) throws IOException {
    ClassWriter out = new ClassWriter(0);
    ClassVisitor lowered =
        new ClassVisitor(Opcodes.ASM9, out) {
          @Override
          public void visit(
              int was, int access, String name, String signature, String of, String[] has) {
            super.visit(version, access, name, signature, of, has);
          }
        };
    new ClassReader(Files.readAllBytes(classFile))
        .accept(
            new ClassRemapper(lowered, new SimpleRemapper(Opcodes.ASM9, ANSWERS, Baked.ANSWERS)),
            ClassReader.SKIP_DEBUG);
    return out.toByteArray();
  }
}
