package dev.keyturn.template;

/**
 * A piece of a template.
 *
 * @param at where it starts in the text
 * @param text as written; of a {@link Kind#TEXT}, without what was trimmed
 */
record Token(Kind kind, int at, String text) {
  /** What a piece is. */
  enum Kind {
    TEXT,
    LEFT,
    RIGHT,
    SPACE,
    ASSIGN,
    DECLARE,
    PIPE,
    OPEN,
    CLOSE,
    COMMA,
    /** Another ASCII character, which is nowhere allowed. */
    OTHER,
    STRING,
    RAW_STRING,
    CHARACTER,
    NUMBER,
    VARIABLE,
    FIELD,
    DOT,
    IDENTIFIER,
    BOOL,
    NIL,
    BLOCK,
    BREAK,
    CONTINUE,
    DEFINE,
    ELSE,
    END_KEYWORD,
    IF,
    RANGE,
    TEMPLATE,
    WITH,
    END_OF_TEXT
  }
}
