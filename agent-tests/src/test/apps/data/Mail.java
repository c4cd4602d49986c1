import jakarta.mail.Authenticator;
import jakarta.mail.Folder;
import jakarta.mail.Message;
import jakarta.mail.PasswordAuthentication;
import jakarta.mail.Session;
import jakarta.mail.Store;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/** Sends one mail over SMTP with a login, and counts what the mail box has over IMAP and POP3. */
public final class Mail {
  private static final List<Store> OPEN = new ArrayList<>();
  private static Session session;

  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    properties.setProperty("mail.transport.protocol", "smtp");
    String[] protocols = {"smtp", "imap", "pop3"};
    for (int i = 0; i < protocols.length; i++) {
      properties.setProperty("mail." + protocols[i] + ".host", "127.0.0.1");
      properties.setProperty("mail." + protocols[i] + ".port", arguments[i]);
    }
    properties.setProperty("mail.smtp.auth", "true");
    session =
        Session.getInstance(
            properties,
            new Authenticator() {
              @Override
              protected PasswordAuthentication getPasswordAuthentication() {
                return new PasswordAuthentication("keyturn:mail/username", "keyturn:mail/password");
              }
            });
    App.serve(command -> connect());
  }

  private static String connect() throws Exception {
    MimeMessage message = new MimeMessage(session);
    message.setFrom(new InternetAddress("app@example.com"));
    message.setRecipient(Message.RecipientType.TO, new InternetAddress("app@example.com"));
    message.setSubject("report");
    message.setText("done");
    Transport.send(message);
    return "imap " + count("imap") + ", pop3 " + count("pop3");
  }

  private static int count(String protocol) throws Exception {
    Store store = session.getStore(protocol);
    store.connect();
    OPEN.add(store);
    Folder inbox = store.getFolder("INBOX");
    inbox.open(Folder.READ_ONLY);
    return inbox.getMessageCount();
  }
}
