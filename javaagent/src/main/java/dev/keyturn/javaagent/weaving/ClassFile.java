package dev.keyturn.javaagent.weaving;

import dev.keyturn.javaagent.bootstrap.Baked;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A class file and two ways to change it, neither of which needs to understand a method's code:
 * {@link #redirect} gives one call another operand, {@link #enter} puts code before a method's
 * first instruction. Constants are appended, so that no index changes; code is put in front, in
 * multiples of four bytes, so that jumps and the padding of switches stay as they are, and only the
 * tables that count from the start of the code move along. A few hundred lines in place of a byte
 * code library, which would be loaded into every application (docs/decisions/agent-technique.md).
 * Structure: JVMS 4.1 to 4.7. Used by one thread.
 */
public final class ClassFile {
  private static final int INVOKEVIRTUAL = 0xb6;
  private static final int INVOKESTATIC = 0xb8;

  private static final int UTF8 = 1;
  private static final int CLASS = 7;
  private static final int FIELDREF = 9;
  private static final int METHODREF = 10;
  private static final int NAME_AND_TYPE = 12;

  /** How many bytes follow the tag of a constant, by tag; 0: no such tag, or Utf8. */
  private static final int[] CONSTANT_BYTES = {
    0, 0, 0, 4, 4, 8, 8, 2, 2, 4, 4, 4, 4, 0, 0, 3, 2, 4, 4, 2, 2
  };

  private static final int STATIC = 0x0008;

  /** What the code that is put in front needs at most: the arguments of {@code defineClass1}. */
  private static final int MAX_STACK = 7;

  static final String DEFINE_CLASS_1 =
      "(Ljava/lang/ClassLoader;Ljava/lang/String;[BIILjava/security/ProtectionDomain;"
          + "Ljava/lang/String;)Ljava/lang/Class;";

  /** Version 50, Java 6, brought stack maps (JVMS 4.10). */
  private static final int FIRST_WITH_STACK_MAPS = 50;

  private byte[] bytes;
  private int[] constants;
  private int poolEnd;
  private Bytes added = new Bytes();
  private int count;

  /** Whether there are bytes that were not parsed: most classes are changed in one place only. */
  private boolean changed;

  /** Parses the constant pool of a well-formed class file; the array itself is never changed. */
  public ClassFile(byte[] classFile) {
    bytes = classFile.clone();
    constants = new int[0];
    parse();
  }

  private void parse() {
    count = unsigned(8);
    constants = new int[count];
    int at = 10;
    for (int i = 1; i < constants.length; i++) {
      constants[i] = at;
      int tag = bytes[at];
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
    changed = false;
  }

  private void parseIfChanged() {
    if (changed) {
      parse();
    }
  }

  /** The class file with all changes so far; nothing can be changed after that. */
  public byte[] bytes() {
    if (added.size() > 0) {
      splice(poolEnd, poolEnd, new byte[0]);
    }
    return bytes;
  }

  /**
   * Makes a method call {@code KeyturnAnswers} instead, by the same name. A virtual call becomes a
   * static one with the receiver as first argument, which is as long and takes the same stack.
   *
   * @param receiver the type of that first argument, or null if the call is static
   * @throws IllegalStateException if the call is not there exactly once; the class is unchanged
   */
  public void redirect(
      String name,
      String descriptor,
      String owner,
      String called,
      String calledDescriptor,
      @Nullable String receiver) {
    parseIfChanged();
    int code = code(method(name, descriptor), name);
    int end = code + 8 + integer(code + 4);
    int call = -1;
    // An operand may look like an opcode; but then it would have to name this very method.
    for (int at = code + 8; at < end - 2; at++) {
      if ((bytes[at] & 0xff) == (receiver == null ? INVOKESTATIC : INVOKEVIRTUAL)
          && isMethod(unsigned(at + 1), owner, called, calledDescriptor)) {
        if (call >= 0) {
          throw new IllegalStateException(name + descriptor + " calls " + called + " twice");
        }
        call = at;
      }
    }
    if (call < 0) {
      throw new IllegalStateException(name + descriptor + " does not call " + owner + "." + called);
    }
    String taken =
        receiver == null ? calledDescriptor : "(L" + receiver + ";" + calledDescriptor.substring(1);
    int method = addMethod(called, taken);
    bytes[call] = (byte) INVOKESTATIC;
    putShort(bytes, call + 1, method);
  }

  /**
   * Makes a method ask {@code KeyturnAnswers} before anything else: {@code enter}, whose array then
   * holds the arguments to go on with, or {@code instead}, which may answer in the method's place.
   *
   * @param join the number that is handed over, 0 to 32,767
   * @param instead whether the method may be answered for: its result is a reference, a boolean or
   *     none then
   * @return false if there is no such method with code; the class is unchanged
   */
  public boolean enter(String name, String descriptor, boolean instead, int join) {
    parseIfChanged();
    int method = method(name, descriptor);
    int code = method < 0 ? -1 : attribute(method + 6, "Code");
    if (code < 0) {
      return false;
    }
    boolean isStatic = (unsigned(method) & STATIC) != 0;
    boolean constructor = name.equals("<init>");
    if (instead && constructor) {
      throw new IllegalStateException("nothing can answer in a constructor's place");
    }
    String[] parameters = parameters(descriptor);
    Bytes inserted = new Bytes();
    inserted.put(0x11).putShort(join); // sipush
    inserted.put(0x10).put(parameters.length + 1); // bipush
    inserted.put(0xbd).putShort(addClass("java/lang/Object")); // anewarray
    inserted.put(0x59).put(0x03); // dup, iconst_0
    if (isStatic || constructor) {
      inserted.put(0x01); // aconst_null
    } else {
      inserted.put(0x2a); // aload_0
    }
    inserted.put(0x53); // aastore
    int slot = isStatic ? 0 : 1;
    for (int i = 0; i < parameters.length; i++) {
      if (isReference(parameters[i])) {
        inserted.put(0x59).put(0x10).put(i + 1); // dup, bipush
        local(inserted, 0x19, slot); // aload
        inserted.put(0x53); // aastore
      } else if (parameters[i].equals("I")) {
        inserted.put(0x59).put(0x10).put(i + 1); // dup, bipush
        local(inserted, 0x15, slot); // iload
        inserted
            .put(INVOKESTATIC)
            .putShort(
                addMember(METHODREF, "java/lang/Integer", "valueOf", "(I)Ljava/lang/Integer;"));
        inserted.put(0x53); // aastore
      }
      slot += size(parameters[i]);
    }
    int frameAt = -1;
    if (instead) {
      inserted
          .put(INVOKESTATIC)
          .putShort(addMethod("instead", "(I[Ljava/lang/Object;)Ljava/lang/Object;"));
      inserted.put(0x59); // dup
      String result = descriptor.substring(descriptor.indexOf(')') + 1);
      inserted.put(0xc6); // ifnull
      if (result.equals("V")) {
        inserted.putShort(5).put(0x57).put(0xb1); // pop, return
      } else if (isReference(result)) {
        inserted.putShort(7).put(0xc0).putShort(addClass(classOf(result))).put(0xb0); // areturn
      } else if (result.equals("Z")) {
        inserted.putShort(10).put(0xc0).putShort(addClass("java/lang/Boolean")); // checkcast
        inserted
            .put(INVOKEVIRTUAL)
            .putShort(addMember(METHODREF, "java/lang/Boolean", "booleanValue", "()Z"))
            .put(0xac); // ireturn
      } else {
        throw new IllegalStateException(name + descriptor + " has a number for a result");
      }
      frameAt = inserted.size();
      inserted.put(0x57); // pop
    } else {
      inserted
          .put(INVOKESTATIC)
          .putShort(addMethod("enter", "(I[Ljava/lang/Object;)[Ljava/lang/Object;"));
      slot = isStatic ? 0 : 1;
      for (int i = 0; i < parameters.length; i++) {
        if (isReference(parameters[i])) {
          inserted.put(0x59).put(0x10).put(i + 1).put(0x32); // dup, bipush, aaload
          if (!parameters[i].equals("Ljava/lang/Object;")) {
            inserted.put(0xc0).putShort(addClass(classOf(parameters[i]))); // checkcast
          }
          local(inserted, 0x3a, slot); // astore
        }
        slot += size(parameters[i]);
      }
      inserted.put(0x57); // pop
    }
    while (inserted.size() % 4 != 0) {
      inserted.put(0); // nop
    }
    replaceCode(code, inserted.toByteArray(), frameAt);
    return true;
  }

  /**
   * Makes a method without parameters define a class in the boot loader, before anything else: the
   * one whose bytes are the characters of a field (ISO 8859-1). For a class of package {@code
   * java.lang}, Java 9 and later, which alone may call what defines it.
   *
   * @param field a String
   * @param length how many characters it has, at most 32,767
   */
  void defineFrom(String name, String descriptor, String field, int length) {
    parseIfChanged();
    String string = "java/lang/String";
    String charset = "java/nio/charset/StandardCharsets";
    String itself = text(unsigned(constants[unsigned(poolEnd + 2)] + 1));
    Bytes inserted = new Bytes();
    inserted.put(0x01).put(0x01); // aconst_null: the boot loader, and whatever name it has
    inserted.put(0x2a).put(0xb4); // aload_0, getfield
    inserted.putShort(addMember(FIELDREF, itself, field, "L" + string + ";"));
    inserted.put(0xb2); // getstatic
    inserted.putShort(addMember(FIELDREF, charset, "ISO_8859_1", "Ljava/nio/charset/Charset;"));
    inserted.put(INVOKEVIRTUAL);
    inserted.putShort(addMember(METHODREF, string, "getBytes", "(Ljava/nio/charset/Charset;)[B"));
    inserted.put(0x03).put(0x11).putShort(length); // iconst_0, sipush
    inserted.put(0x01).put(0x01); // aconst_null: no protection domain, no source
    inserted.put(INVOKESTATIC);
    inserted.putShort(
        addMember(METHODREF, "java/lang/ClassLoader", "defineClass1", DEFINE_CLASS_1));
    inserted.put(0x57); // pop
    while (inserted.size() % 4 != 0) {
      inserted.put(0); // nop
    }
    replaceCode(code(method(name, descriptor), name), inserted.toByteArray(), -1);
  }

  private String text(int index) {
    int at = constants[index];
    return new String(bytes, at + 3, unsigned(at + 1), StandardCharsets.UTF_8);
  }

  private static void local(Bytes code, int opcode, int slot) {
    if (slot > 255) {
      code.put(0xc4).put(opcode).putShort(slot); // wide
    } else {
      code.put(opcode).put(slot);
    }
  }

  private void replaceCode(int code, byte[] inserted, int frameAt) {
    int length = integer(code + 4);
    if (length + inserted.length > 65535) {
      throw new IllegalStateException("the method would be larger than 64 KB");
    }
    int end = code + integer(code - 4);
    Bytes out = new Bytes();
    out.putShort(Math.max(unsigned(code), MAX_STACK)).putShort(unsigned(code + 2));
    out.putInt(length + inserted.length).put(inserted).put(bytes, code + 8, length);
    int at = code + 8 + length;
    int handlers = unsigned(at);
    out.putShort(handlers);
    at += 2;
    for (; handlers > 0; handlers--, at += 8) {
      for (int i = 0; i < 3; i++) {
        out.putShort(unsigned(at + 2 * i) + inserted.length);
      }
      out.putShort(unsigned(at + 6));
    }
    boolean frames = frameAt >= 0 && unsigned(6) >= FIRST_WITH_STACK_MAPS;
    Bytes attributes = new Bytes();
    int kept = 0;
    int all = unsigned(at);
    at += 2;
    for (; all > 0; all--) {
      int body = at + 6;
      int bodyEnd = body + integer(at + 2);
      if (isText(unsigned(at), "StackMapTable")) {
        Bytes table = stackMaps(body, inserted.length, frames ? frameAt : -1);
        attributes.putShort(unsigned(at)).putInt(table.size()).put(table.toByteArray());
        frames = false;
        kept++;
      } else if (isText(unsigned(at), "LineNumberTable")) {
        attributes.put(bytes, at, 8);
        for (int entry = body + 2; entry < bodyEnd; entry += 4) {
          attributes.putShort(unsigned(entry) + inserted.length).putShort(unsigned(entry + 2));
        }
        kept++;
      } else if (isText(unsigned(at), "LocalVariableTable")
          || isText(unsigned(at), "LocalVariableTypeTable")) {
        attributes.put(bytes, at, 8);
        for (int entry = body + 2; entry < bodyEnd; entry += 10) {
          attributes.putShort(unsigned(entry) + inserted.length).put(bytes, entry + 2, 8);
        }
        kept++;
      }
      // Type annotations inside code are seen by nobody at run time, and would be in the wrong
      // place.
      at = bodyEnd;
    }
    if (frames) {
      Bytes table = new Bytes().putShort(1);
      frame(table, frameAt);
      attributes.putShort(addUtf8("StackMapTable")).putInt(table.size()).put(table.toByteArray());
      kept++;
    }
    out.putShort(kept).put(attributes.toByteArray());
    byte[] body = out.toByteArray();
    byte[] whole = new Bytes().putInt(body.length).put(body).toByteArray();
    splice(code - 4, end, whole);
  }

  /** Before our {@code pop}: the method's own arguments, and on the stack what did not answer. */
  private void frame(Bytes table, int at) {
    table.put(247).putShort(at).put(7).putShort(addClass("java/lang/Object"));
  }

  /** The table of the method, {@code by} bytes further on, with our own frame in front if asked. */
  private Bytes stackMaps(int body, int by, int frameAt) {
    int frames = unsigned(body);
    Bytes out = new Bytes().putShort(frames + (frameAt >= 0 ? 1 : 0));
    if (frameAt >= 0) {
      frame(out, frameAt);
    }
    // A frame's offset counts from the one before, less one; the first from the start.
    int shift = frameAt >= 0 ? by - frameAt - 1 : by;
    int at = body + 2;
    for (; frames > 0; frames--) {
      int type = bytes[at++] & 0xff;
      if (type < 64) { // same
        if (type + shift < 64) {
          out.put(type + shift);
        } else {
          out.put(251).putShort(type + shift);
        }
      } else if (type < 128) { // same locals, one on the stack
        if (type + shift < 128) {
          out.put(type + shift);
        } else {
          out.put(247).putShort(type - 64 + shift);
        }
        at = verificationTypes(out, at, 1, by);
      } else {
        out.put(type).putShort(unsigned(at) + shift);
        at += 2;
        if (type == 247) {
          at = verificationTypes(out, at, 1, by);
        } else if (type > 251 && type < 255) { // append
          at = verificationTypes(out, at, type - 251, by);
        } else if (type == 255) { // full: locals, then the stack
          for (int i = 0; i < 2; i++) {
            int types = unsigned(at);
            out.putShort(types);
            at = verificationTypes(out, at + 2, types, by);
          }
        }
      }
      shift = 0;
    }
    return out;
  }

  private int verificationTypes(Bytes out, int at, int types, int by) {
    for (; types > 0; types--) {
      int tag = bytes[at++];
      out.put(tag);
      if (tag == 7) { // an object of a class
        out.putShort(unsigned(at));
        at += 2;
      } else if (tag == 8) { // what the instruction there has made, not yet initialized
        out.putShort(unsigned(at) + by);
        at += 2;
      }
    }
    return at;
  }

  /** Puts new bytes in place of some after the constant pool, and what was added into the pool. */
  private void splice(int from, int to, byte[] replacement) {
    putShort(bytes, 8, count);
    byte[] pool = added.toByteArray();
    int moved = from + pool.length;
    // No more than it needs: several of the JDK's largest classes are changed at every start.
    byte[] whole = new byte[moved + replacement.length + bytes.length - to];
    System.arraycopy(bytes, 0, whole, 0, poolEnd);
    System.arraycopy(pool, 0, whole, poolEnd, pool.length);
    System.arraycopy(bytes, poolEnd, whole, poolEnd + pool.length, from - poolEnd);
    System.arraycopy(replacement, 0, whole, moved, replacement.length);
    System.arraycopy(bytes, to, whole, moved + replacement.length, bytes.length - to);
    bytes = whole;
    added = new Bytes();
    changed = true;
  }

  /** Where the method starts, or -1. */
  private int method(String name, String descriptor) {
    int at = poolEnd + 6;
    at += 2 + 2 * unsigned(at);
    for (int kind = 0; kind < 2; kind++) { // fields, then methods
      int members = unsigned(at);
      at += 2;
      for (; members > 0; members--) {
        if (kind == 1 && isText(unsigned(at + 2), name) && isText(unsigned(at + 4), descriptor)) {
          return at;
        }
        int attributes = unsigned(at + 6);
        at += 8;
        for (; attributes > 0; attributes--) {
          at += 6 + integer(at + 2);
        }
      }
    }
    return -1;
  }

  private int code(int method, String name) {
    int code = method < 0 ? -1 : attribute(method + 6, "Code");
    if (code < 0) {
      throw new IllegalStateException("no code for " + name);
    }
    return code;
  }

  /** Where the attribute of that name starts, after its name and length, or -1. */
  private int attribute(int at, String name) {
    int attributes = unsigned(at);
    at += 2;
    for (; attributes > 0; attributes--) {
      if (isText(unsigned(at), name)) {
        return at + 6;
      }
      at += 6 + integer(at + 2);
    }
    return -1;
  }

  private boolean isMethod(int index, String owner, String name, String descriptor) {
    if (index == 0 || index >= constants.length || bytes[constants[index]] != METHODREF) {
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
    if (index >= constants.length) {
      return false; // one of ours, added since
    }
    int at = constants[index];
    if (unsigned(at + 1) != text.length()) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (bytes[at + 3 + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private int addMethod(String name, String descriptor) {
    return addMember(METHODREF, Baked.ANSWERS, name, descriptor);
  }

  private int addMember(int tag, String owner, String name, String descriptor) {
    int signature = addReference(NAME_AND_TYPE, addUtf8(name), addUtf8(descriptor));
    return addReference(tag, addClass(owner), signature);
  }

  private int addClass(String name) {
    return addReference(CLASS, addUtf8(name));
  }

  private int addUtf8(String text) {
    byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
    return add(new Bytes().put(UTF8).putShort(ascii.length).put(ascii));
  }

  private int addReference(int tag, int... indices) {
    Bytes constant = new Bytes().put(tag);
    for (int index : indices) {
      constant.putShort(index);
    }
    return add(constant);
  }

  /** The new constant's index. */
  private int add(Bytes constant) {
    if (count >= 65535) {
      throw new IllegalStateException("the constant pool is full");
    }
    added.put(constant.toByteArray());
    return count++;
  }

  /** The parameters' descriptors. */
  static String[] parameters(String descriptor) {
    String[] parameters = new String[255];
    int found = 0;
    int at = 1;
    while (descriptor.charAt(at) != ')') {
      int start = at;
      while (descriptor.charAt(at) == '[') {
        at++;
      }
      at = descriptor.charAt(at) == 'L' ? descriptor.indexOf(';', at) + 1 : at + 1;
      parameters[found++] = descriptor.substring(start, at);
    }
    String[] all = new String[found];
    System.arraycopy(parameters, 0, all, 0, found);
    return all;
  }

  private static boolean isReference(String descriptor) {
    return descriptor.charAt(0) == 'L' || descriptor.charAt(0) == '[';
  }

  private static int size(String descriptor) {
    return descriptor.equals("J") || descriptor.equals("D") ? 2 : 1;
  }

  /** What a class constant calls the type: an array by its descriptor, a class by its name. */
  private static String classOf(String descriptor) {
    return descriptor.charAt(0) == '['
        ? descriptor
        : descriptor.substring(1, descriptor.length() - 1);
  }

  private static void putShort(byte[] bytes, int at, int value) {
    bytes[at] = (byte) (value >> 8);
    bytes[at + 1] = (byte) value;
  }

  private int unsigned(int at) {
    return ((bytes[at] & 0xff) << 8) | (bytes[at + 1] & 0xff);
  }

  private int integer(int at) {
    return (unsigned(at) << 16) | unsigned(at + 2);
  }

  /** Bytes in the order of class files. */
  private static final class Bytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Bytes put(int value) {
      out.write(value);
      return this;
    }

    Bytes putShort(int value) {
      return put(value >> 8).put(value);
    }

    Bytes putInt(int value) {
      return putShort(value >> 16).putShort(value);
    }

    Bytes put(byte[] some) {
      return put(some, 0, some.length);
    }

    Bytes put(byte[] some, int from, int length) {
      out.write(some, from, length);
      return this;
    }

    int size() {
      return out.size();
    }

    byte[] toByteArray() {
      return out.toByteArray();
    }
  }
}
