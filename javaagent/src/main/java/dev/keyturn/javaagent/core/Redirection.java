package dev.keyturn.javaagent.core;

import dev.keyturn.javaagent.bootstrap.Baked;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * One class file of {@code java.lang.System} and how it is changed: in each of four methods one
 * call gets another operand, a method reference appended to the constant pool. A virtual call
 * becomes a static one with the receiver as first argument, which is as long and takes the same
 * stack. So no offset, no stack map and no other method changes. {@code ProcessEnvironment} stays
 * as it is: child processes get the real environment only. Structure: JVMS 4.1 to 4.7.
 */
final class Redirection {
  /** The calls: method of System and of the class it calls, its descriptor, that class. */
  private static final String[][] CALLS = {
    {"getenv", "(Ljava/lang/String;)Ljava/lang/String;", "java/lang/ProcessEnvironment"},
    {"getenv", "()Ljava/util/Map;", "java/lang/ProcessEnvironment"},
    {"getProperty", "(Ljava/lang/String;)Ljava/lang/String;", "java/util/Properties"},
    {
      "getProperty",
      "(Ljava/lang/String;Ljava/lang/String;)Ljava/lang/String;",
      "java/util/Properties"
    },
  };

  private static final int INVOKEVIRTUAL = 0xb6;
  private static final int INVOKESTATIC = 0xb8;

  private static final int UTF8 = 1;
  private static final int CLASS = 7;
  private static final int METHODREF = 10;
  private static final int NAME_AND_TYPE = 12;

  /** How many bytes follow the tag of a constant, by tag; 0: no such tag, or Utf8. */
  private static final int[] CONSTANT_BYTES = {
    0, 0, 0, 4, 4, 8, 8, 2, 2, 4, 4, 4, 4, 0, 0, 3, 2, 4, 4, 2, 2
  };

  private final ByteBuffer in;
  private final byte[] out;
  private final int[] constants;
  private final int poolEnd;
  private final ByteArrayOutputStream added = new ByteArrayOutputStream();
  private int count;

  Redirection(byte[] classFile) {
    in = ByteBuffer.wrap(classFile);
    out = classFile.clone();
    count = unsigned(8);
    constants = new int[count];
    int at = 10;
    for (int i = 1; i < constants.length; i++) {
      constants[i] = at;
      int tag = in.get(at);
      if (tag == UTF8) {
        at += 3 + unsigned(at + 1);
      } else if (tag > 0 && tag < CONSTANT_BYTES.length && CONSTANT_BYTES[tag] > 0) {
        at += 1 + CONSTANT_BYTES[tag];
        // A long or a double takes two indices.
        i += CONSTANT_BYTES[tag] / 8;
      } else {
        throw new IllegalStateException("constant with tag " + tag);
      }
    }
    poolEnd = at;
  }

  /**
   * The changed class file.
   *
   * @throws IllegalStateException if one of the calls is not there exactly once
   */
  byte[] redirected() throws IOException {
    int answers = addReference(CLASS, addUtf8(Baked.ANSWERS));
    for (String[] call : CALLS) {
      redirect(call[0], call[1], call[2], answers);
    }
    ByteArrayOutputStream whole = new ByteArrayOutputStream(out.length + added.size());
    putShort(out, 8, count);
    whole.write(out, 0, poolEnd);
    added.writeTo(whole);
    whole.write(out, poolEnd, out.length - poolEnd);
    return whole.toByteArray();
  }

  private void redirect(String name, String descriptor, String owner, int answers)
      throws IOException {
    boolean virtual = owner.equals("java/util/Properties");
    int code = code(name, descriptor);
    int end = code + 8 + in.getInt(code + 4);
    int call = -1;
    // An operand may look like an opcode; but then it would have to name this very method.
    for (int at = code + 8; at < end - 2; at++) {
      if ((in.get(at) & 0xff) == (virtual ? INVOKEVIRTUAL : INVOKESTATIC)
          && isMethod(unsigned(at + 1), owner, name, descriptor)) {
        if (call >= 0) {
          throw new IllegalStateException(name + descriptor + " calls " + owner + " twice");
        }
        call = at;
      }
    }
    if (call < 0) {
      throw new IllegalStateException(name + descriptor + " does not call " + owner);
    }
    String taken = virtual ? "(L" + owner + ";" + descriptor.substring(1) : descriptor;
    int signature = addReference(NAME_AND_TYPE, addUtf8(name), addUtf8(taken));
    int method = addReference(METHODREF, answers, signature);
    out[call] = (byte) INVOKESTATIC;
    putShort(out, call + 1, method);
  }

  /** Where the Code attribute of that method starts, after its name and length. */
  private int code(String name, String descriptor) {
    int at = poolEnd + 6;
    at += 2 + 2 * unsigned(at);
    for (int kind = 0; kind < 2; kind++) { // fields, then methods
      int members = unsigned(at);
      at += 2;
      for (; members > 0; members--) {
        boolean wanted = isText(unsigned(at + 2), name) && isText(unsigned(at + 4), descriptor);
        int attributes = unsigned(at + 6);
        at += 8;
        for (; attributes > 0; attributes--) {
          if (wanted && isText(unsigned(at), "Code")) {
            return at + 6;
          }
          at += 6 + in.getInt(at + 2);
        }
      }
    }
    throw new IllegalStateException("no code for " + name + descriptor);
  }

  private boolean isMethod(int index, String owner, String name, String descriptor) {
    if (index == 0 || index >= constants.length || in.get(constants[index]) != METHODREF) {
      return false;
    }
    int type = constants[unsigned(constants[index] + 1)];
    int signature = constants[unsigned(constants[index] + 3)];
    return isText(unsigned(type + 1), owner)
        && isText(unsigned(signature + 1), name)
        && isText(unsigned(signature + 3), descriptor);
  }

  /** Whether the Utf8 constant there is that ASCII text. */
  private boolean isText(int index, String text) {
    int at = constants[index];
    if (unsigned(at + 1) != text.length()) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (in.get(at + 3 + i) != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private int addUtf8(String text) {
    byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
    byte[] constant = new byte[3 + ascii.length];
    constant[0] = UTF8;
    putShort(constant, 1, ascii.length);
    System.arraycopy(ascii, 0, constant, 3, ascii.length);
    return add(constant);
  }

  private int addReference(int tag, int... indices) {
    byte[] constant = new byte[1 + 2 * indices.length];
    constant[0] = (byte) tag;
    for (int i = 0; i < indices.length; i++) {
      putShort(constant, 1 + 2 * i, indices[i]);
    }
    return add(constant);
  }

  /** The new constant's index. */
  private int add(byte[] constant) {
    added.write(constant, 0, constant.length);
    return count++;
  }

  private static void putShort(byte[] bytes, int at, int value) {
    bytes[at] = (byte) (value >> 8);
    bytes[at + 1] = (byte) value;
  }

  private int unsigned(int at) {
    return in.getShort(at) & 0xffff;
  }
}
