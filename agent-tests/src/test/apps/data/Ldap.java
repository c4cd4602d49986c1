import java.util.ArrayList;
import java.util.Hashtable;
import java.util.List;
import javax.naming.Context;
import javax.naming.directory.SearchControls;
import javax.naming.ldap.InitialLdapContext;
import javax.naming.ldap.LdapContext;

/** Opens a context whose principal and credentials are stand-ins, and reads with it. */
public final class Ldap {
  private static final Hashtable<String, Object> ENVIRONMENT = new Hashtable<>();
  private static final List<LdapContext> OPEN = new ArrayList<>();

  public static void main(String[] arguments) throws Exception {
    ENVIRONMENT.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.ldap.LdapCtxFactory");
    ENVIRONMENT.put(Context.PROVIDER_URL, "ldap://127.0.0.1:" + arguments[0]);
    ENVIRONMENT.put(Context.SECURITY_AUTHENTICATION, arguments[1]);
    ENVIRONMENT.put(Context.SECURITY_PRINCIPAL, "keyturn:ldap/username");
    ENVIRONMENT.put(Context.SECURITY_CREDENTIALS, "keyturn:ldap/password");
    ENVIRONMENT.put("com.sun.jndi.ldap.connect.pool", arguments[2]);
    App.serve(command -> connect());
  }

  private static String connect() throws Exception {
    LdapContext context = new InitialLdapContext(ENVIRONMENT, null);
    OPEN.add(context);
    // The first one's connection is opened again with what is in its environment.
    OPEN.get(0).reconnect(null);
    return OPEN.get(0)
        .search("dc=example,dc=com", "(objectClass=*)", new SearchControls())
        .next()
        .getName();
  }
}
