import static net.bytebuddy.matcher.ElementMatchers.named;

import dev.keyturn.javaagent.bootstrap.Baked;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.implementation.FixedValue;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.commons.ClassRemapper;
import net.bytebuddy.jar.asm.commons.SimpleRemapper;

/**
 * The agent's transformations that need no knowledge of the JVM it will run in, made when it is
 * built. Run after compilation: {@code java Bake.java CLASSES_DIRECTORY}.
 */
class Bake {
  private static final String BOOTSTRAP = "dev/keyturn/javaagent/bootstrap/";
  private static final String ANSWERS = BOOTSTRAP + "Answers";

  /** What the compiler took for the JDK's own, see there. */
  private static final Map<String, String> RENAMED =
      Map.of(
          ANSWERS,
          Baked.ANSWERS,
          BOOTSTRAP + "Jdk$Loaders",
          "java/lang/ClassLoader");

  /** They need jdk.jfr of Java 11, which Java 8 has too since its update 262. */
  private static final String[] FLIGHT_EVENTS = {
    "FlightEvents", "LeakBlocked", "SecretReloaded", "SecretUsed"
  };

  public static void main(String[] args) throws IOException {
    Path classes = Path.of(args[0]);
    Path premain = classes.resolve("dev/keyturn/javaagent/entry/Premain.class");
    Files.write(premain, transformed(premain, Opcodes.V1_6));
    for (String event : FLIGHT_EVENTS) {
      Path file = classes.resolve("dev/keyturn/javaagent/report/" + event + ".class");
      Files.write(file, transformed(file, Opcodes.V1_8));
    }
    new ByteBuddy()
        .redefine(Baked.class)
        .method(named("answers"))
        .intercept(constant(transformed(classes.resolve(ANSWERS + ".class"), Opcodes.V1_8)))
        .make()
        .saveIn(classes.toFile());
  }

  private static FixedValue.AssignerConfigurable constant(byte[] classFile) {
    return FixedValue.value(new String(classFile, StandardCharsets.ISO_8859_1));
  }

  /** With the classes renamed, and the class-file version lowered as given. */
  private static byte[] transformed(Path classFile, int version) throws IOException {
    ClassWriter out = new ClassWriter(0);
    ClassVisitor lowered =
        new ClassVisitor(Opcodes.ASM9, out) {
          @Override
          public void visit(
              int was, int access, String name, String signature, String of, String[] has) {
            super.visit(version, access, name, signature, of, has);
          }

          @Override
          public void visitInnerClass(String name, String outer, String inner, int access) {
            // Of Jdk; what is left is no class inside another.
          }

          @Override
          public MethodVisitor visitMethod(
              int access, String name, String descriptor, String signature, String[] exceptions) {
            return new MethodVisitor(
                Opcodes.ASM9, super.visitMethod(access, name, descriptor, signature, exceptions)) {
              @Override
              public void visitMethodInsn(
                  int opcode, String owner, String called, String taken, boolean ofInterface) {
                if (owner.equals("java/lang/ClassLoader") && called.equals("findLoadedClass")) {
                  super.visitMethodInsn(
                      Opcodes.INVOKEVIRTUAL,
                      owner,
                      called,
                      "(Ljava/lang/String;)Ljava/lang/Class;",
                      false);
                } else {
                  super.visitMethodInsn(opcode, owner, called, taken, ofInterface);
                }
              }
            };
          }
        };
    new ClassReader(Files.readAllBytes(classFile))
        .accept(
            new ClassRemapper(lowered, new SimpleRemapper(Opcodes.ASM9, RENAMED)),
            ClassReader.SKIP_DEBUG);
    return out.toByteArray();
  }
}
