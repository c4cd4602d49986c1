/**
 * Places that hold secrets, and what they answer: versions made of fields.
 *
 * <h2>How to write a source</h2>
 *
 * <ol>
 *   <li>Give {@link dev.keyturn.plan.Source} its prefix, and {@link dev.keyturn.plan.Reference} the
 *       rules of its paths, keys and options: what is wrong with a reference is told when a plan is
 *       read, not when it is used. Settings that all its references share are a section of the
 *       plan, a table in {@code dev.keyturn.plan.Settings}.
 *   <li>Write a {@link dev.keyturn.sidecar.source.SourceProvider} in a package of its own, and name
 *       it in {@code META-INF/services/dev.keyturn.sidecar.source.SourceProvider}. The provider
 *       itself is loaded with any plan that has such a source, so it names no library: what it
 *       opens does. A library is loaded by the first reference that needs it, and by nothing else.
 *   <li>Write a {@link dev.keyturn.sidecar.source.SecretSource}. It is used by one thread, which is
 *       interrupted to stop: block as you like, within a time-out, and let the interruption
 *       through.
 *       <ul>
 *         <li>{@code fetch} reads everything at the reference's path, without its key.
 *         <li>{@code refresh} is called every {@code refresh} of the plan (10 s): answer empty
 *             where nothing has changed, as cheaply as the source can tell.
 *         <li>{@code awaitChange} returns when its time is over; a source that can tell of a change
 *             returns {@code CHANGED} at once then, and {@code RECOVERED} after an outage. A wait
 *             that is interrupted need not be the last one: somebody may have asked for a look.
 *         <li>{@code renew} is for sources with leases.
 *       </ul>
 *   <li>What several references share (a login, a connection, a watch) comes from {@link
 *       dev.keyturn.sidecar.source.SourceContext#shared}, and is closed at the end.
 *   <li>A {@link dev.keyturn.sidecar.source.FetchException} is permanent when somebody has to
 *       correct something, temporary when time may heal it, and {@code later} when the source says
 *       when. Its message names the reference, says why and what to do, and holds no value:
 *       messages of libraries that quote their input are not repeated.
 *   <li>A {@link dev.keyturn.sidecar.source.Version} has the source's own id for it, which goes to
 *       the audit lines; a hash of the value is no id. Buffers that held a value are wiped.
 *   <li>Have its test extend {@code SourceContract}, which says the same as tests.
 *   <li>Tell people: a page in {@code docs/sources}.
 * </ol>
 *
 * <p>Not a source's business: choosing a key, decoding, rendering, publishing, retrying, audit
 * lines and metrics of a fetch. That is done alike for all.
 */
@NullMarked
package dev.keyturn.sidecar.source;

import org.jspecify.annotations.NullMarked;
