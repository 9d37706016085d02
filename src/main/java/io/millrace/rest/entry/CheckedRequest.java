package io.millrace.rest.entry;

import io.millrace.rest.cluster.BrokerHeaders;
import io.millrace.rest.cluster.RequestSpan;
import io.millrace.rest.dialect.AcceptHeader;
import io.millrace.rest.dialect.MediaRange;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.origin.Origin;
import io.millrace.rest.origin.OriginRules;
import io.millrace.rest.origin.ProxyHeaders;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A request whose target and headers are checked, and are seen in one spelling: the length of the body once, and not at all where
 * it is compressed; the body as it was before it was compressed; media types in lower case; and outside of records an Accept that
 * names what there is. To be closed.
 */
public final class CheckedRequest extends HttpServletRequestWrapper implements AutoCloseable {
    /** Brokers ask here, who have proven that they are by the time that a body is read. */
    private static final String INTERNAL = "/internal/";
    private static final Pattern RECORDS =
            Pattern.compile("/topics/[^/]*/partitions/[^/]*/records/?|/consumers/[^/]*/instances/[^/]*(/incarnations/[^/]*)?/records/?");
    private static final Pattern PRODUCED = Pattern.compile("/topics/[^/]*(/partitions/[^/]*)?/?");
    /** Whoever takes one of these takes JSON. */
    private static final List<String> ANSWERS = List.of(MediaTypes.DIALECT, MediaTypes.JSON, MediaTypes.JSON_RECORDS,
            MediaTypes.BINARY_RECORDS, MediaTypes.TEXT_RECORDS, MediaTypes.BATCH);
    private static final List<String> PLAIN_FIRST = List.of(MediaTypes.JSON, MediaTypes.DIALECT);
    /** As above, where records that come in lines may be answered a line each. */
    private static final List<String> ANSWERS_OR_LINES = Stream.concat(ANSWERS.stream(), Stream.of(MediaTypes.LINES)).toList();
    private static final List<String> PROXIES = List.of("Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port",
            "X-Forwarded-Path", "X-Forwarded-Prefix");
    private static final String ANYTHING = "*/*";

    private final UnaryOperator<ServletInputStream> upload;
    private final Origin origin;
    private final ContentCoding coding;
    private final long sentLength;
    private final String uri;
    private final String query;
    private final String path;
    private long length;
    private boolean handedOver;
    /** What there is instead of what the client wrote; null: nothing. */
    private final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private ServletInputStream body;
    private InflatedStream inflated;
    private Followed followed = Followed.NOT;

    /**
     * @param ofBroker whether a broker of this cluster is known to have sent it
     * @param rules  of where it may come from
     * @param coding how the body is compressed
     * @param length of the body as its first sender tells it, or {@link BodyLength#UNTOLD}
     * @param upload what the body is read through
     * @throws RequestException 400, 403, 406, 421, or 415 for what is no media type
     */
    CheckedRequest(HttpServletRequest request, boolean ofBroker, OriginRules rules, ContentCoding coding, long length,
                   UnaryOperator<ServletInputStream> upload) {
        super(request);
        this.upload = upload;
        RequestTarget.check(request.getRequestURI(), request.getQueryString());
        this.uri = request.getRequestURI();
        this.query = request.getQueryString();
        this.path = RequestTarget.path(request);
        this.origin = origin(request, rules);
        rules.siteGuard().check(request.getMethod(), RequestTarget.check(path, null), origin, request.getUserPrincipal() != null,
                request::getHeader);
        this.coding = coding;
        this.sentLength = length;
        this.length = coding == ContentCoding.IDENTITY ? length : BodyLength.UNTOLD;
        headers.put("Content-Length", this.length < 0 ? null : Long.toString(this.length));
        headers.put("Content-Encoding", null);
        headers.put("Content-Type", contentType(request));
        headers.put("Accept", accept(request, RequestTarget.check(path, null)));
        if (!ofBroker) {
            BrokerHeaders.BELIEVED.forEach(name -> headers.put(name, null));
        }
        if (origin.prefix() != null && headers.containsKey(BrokerHeaders.BASE_URI)) {
            headers.put(BrokerHeaders.BASE_URI, base());
        }
    }

    static boolean isInternal(HttpServletRequest request) {
        return RequestTarget.path(request).startsWith(INTERNAL);
    }

    /** Whether the body is of lines, which is taken as it comes, and may be as long as it likes. */
    static boolean sendsLines(HttpServletRequest request) {
        List<String> types = values(request, "Content-Type");
        return request.getMethod().equals("POST") && PRODUCED.matcher(RequestTarget.path(request)).matches()
                && types.size() == 1 && types.get(0).split(";", 2)[0].strip().toLowerCase(Locale.ROOT).equals(MediaTypes.LINES);
    }

    static List<String> values(HttpServletRequest request, String header) {
        return Collections.list(request.getHeaders(header));
    }

    private static Origin origin(HttpServletRequest request, OriginRules rules) {
        List<String> hosts = values(request, "Host");
        if (hosts.isEmpty() && request.getProtocol().equals("HTTP/1.1")) {
            throw RequestException.badRequest("the header Host is missing");
        }
        // the container takes the scheme from whoever names one, and the port with it
        boolean secure = request.getAttribute("jakarta.servlet.request.cipher_suite") != null;
        Origin local = new Origin(secure ? "https" : "http", request.getServerName(), request.getServerPort(), null);
        rules.hosts().require(Origin.of(hosts, ProxyHeaders.NONE, local, "/").host(), rules.isLoopback(request.getLocalAddr()));
        boolean believed = rules.proxies().test(request.getRemoteAddr());
        return Origin.of(hosts, believed ? ProxyHeaders.of(name -> values(request, name)) : ProxyHeaders.NONE, local,
                request.getRequestURI().substring(request.getContextPath().length()));
    }

    private static String contentType(HttpServletRequest request) {
        List<String> types = values(request, "Content-Type");
        if (types.size() > 1) {
            throw RequestException.badRequest("the header Content-Type is there " + types.size() + " times: send it once");
        }
        return types.isEmpty() ? null : MediaRange.contentType(types.get(0)).text();
    }

    private static String accept(HttpServletRequest request, String path) {
        AcceptHeader accept = AcceptHeader.of(values(request, "Accept"));
        if (isInternal(request)) {
            return ANYTHING;
        }
        boolean read = request.getMethod().equals("GET") || request.getMethod().equals("HEAD");
        if (read && RECORDS.matcher(path).matches()) {
            return accept.text();
        }
        String chosen = accept.choose(sendsLines(request) ? ANSWERS_OR_LINES : ANSWERS).map(AcceptHeader.Choice::mediaType)
                .orElseThrow(() -> RequestException.notAcceptable("the answer is JSON, which the header Accept does not take: accept "
                        + MediaTypes.DIALECT));
        if (chosen.equals(MediaTypes.LINES)) {
            return MediaTypes.LINES;
        }
        boolean either = chosen.equals(MediaTypes.DIALECT) && accept.choose(PLAIN_FIRST).orElseThrow().mediaType().equals(MediaTypes.JSON);
        if (either) { // by one range, so it is for the resource to say
            return ANYTHING;
        }
        return chosen.equals(MediaTypes.JSON) ? MediaTypes.JSON : MediaTypes.DIALECT;
    }

    /** Whether it is a GET without a body that is seen as the client wrote it. */
    boolean saysTheSame() {
        HttpServletRequest written = (HttpServletRequest) getRequest();
        return written.getMethod().equals("GET") && length <= 0 && coding == ContentCoding.IDENTITY
                && !written.getHeaders("Transfer-Encoding").hasMoreElements()
                && PROXIES.stream().noneMatch(name -> written.getHeaders(name).hasMoreElements())
                && headers.entrySet().stream().allMatch(each -> isAsWritten(written, each.getKey(), each.getValue()));
    }

    private static boolean isAsWritten(HttpServletRequest written, String name, String value) {
        List<String> values = values(written, name);
        return values.isEmpty() ? value == null || value.equals(ANYTHING) : values.size() == 1 && values.get(0).equals(value);
    }

    @Override
    public String getHeader(String name) {
        return headers.containsKey(name) ? headers.get(name) : super.getHeader(name);
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
        if (!headers.containsKey(name)) {
            return super.getHeaders(name);
        }
        String value = headers.get(name);
        return value == null ? Collections.emptyEnumeration() : Collections.enumeration(List.of(value));
    }

    @Override
    public Enumeration<String> getHeaderNames() {
        TreeSet<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        names.addAll(Collections.list(super.getHeaderNames()));
        headers.forEach((name, value) -> {
            if (value == null) {
                names.remove(name);
            } else {
                names.add(name);
            }
        });
        return Collections.enumeration(names);
    }

    @Override
    public String getContentType() {
        return headers.get("Content-Type");
    }

    @Override
    public long getContentLengthLong() {
        return length;
    }

    @Override
    public int getContentLength() {
        return length > Integer.MAX_VALUE ? -1 : (int) length;
    }

    @Override
    public String getScheme() {
        return origin.scheme();
    }

    @Override
    public boolean isSecure() {
        return origin.scheme().equals("https");
    }

    @Override
    public String getServerName() {
        return origin.host();
    }

    @Override
    public int getServerPort() {
        return origin.port();
    }

    /** As it was written: to a request that goes on later the container tells it decoded. */
    @Override
    public String getRequestURI() {
        return uri;
    }

    @Override
    public String getQueryString() {
        return query;
    }

    @Override
    public StringBuffer getRequestURL() {
        return new StringBuffer(origin.url()).append(getRequestURI());
    }

    @Override
    public ServletInputStream getInputStream() throws IOException {
        if (body == null) {
            body = upload.apply(super.getInputStream());
            if (coding != ContentCoding.IDENTITY) {
                inflated = new InflatedStream(body, coding);
                body = new PlainStream(inflated, inflated::hasEnded);
            }
        }
        return body;
    }

    /** Whoever goes on with its trace from here on goes on with this span. */
    void follow(Followed by) {
        if (by != Followed.NOT) {
            followed = by;
            by.span().carry(headers::put);
            RequestSpan.note(this, by.span());
        }
    }

    @Override
    public AsyncContext startAsync() {
        AsyncContext async = super.startAsync();
        followed.goesOn(async);
        return async;
    }

    @Override
    public AsyncContext startAsync(ServletRequest request, ServletResponse response) {
        AsyncContext async = super.startAsync(request, response);
        followed.goesOn(async);
        return async;
    }

    /** As it is written, from the slash after the application's own path on, without the query. */
    public String path() {
        return path;
    }

    /** Where the client found this application, with a slash at the end. */
    public String base() {
        if (origin.prefix() != null) {
            return origin.url() + origin.prefix() + "/";
        }
        StringBuffer url = getRequestURL();
        return url.substring(0, url.length() - path.length()) + "/";
    }

    /** How the body is compressed, as a header says it; null: not at all, or not any more. */
    public String coding() {
        return coding == ContentCoding.IDENTITY || handedOver ? null : coding.name().toLowerCase(Locale.ROOT);
    }

    /** Of the body as it is sent, in bytes; -1: the request does not tell. */
    public long sentLength() {
        return sentLength;
    }

    /**
     * The body as it is sent, to be read once, with a listener, instead of {@link #getInputStream()}. What goes wrong comes out as
     * {@link RequestException}, of {@code isReady} as well.
     */
    public ServletInputStream sentBody() throws IOException {
        return upload.apply(super.getInputStream());
    }

    /**
     * Hands over the body that was read by {@link #sentBody()}: as if it had just come, and was never compressed.
     *
     * @param sent     all of it
     * @param maxBytes as it was before it was compressed
     * @return it, as it was before
     * @throws RequestException 400 when it was not compressed as it says, 413 when it is larger than it may be
     */
    public byte[] handOver(byte[] sent, int maxBytes) {
        byte[] plain = coding == ContentCoding.IDENTITY ? sent : inflated(sent, maxBytes);
        handedOver = true;
        length = plain.length;
        headers.put("Content-Length", Integer.toString(plain.length));
        ByteArrayInputStream whole = new ByteArrayInputStream(plain);
        body = new PlainStream(whole, () -> whole.available() == 0);
        return plain;
    }

    private byte[] inflated(byte[] sent, int maxBytes) {
        try (InflatedStream in = new InflatedStream(new ByteArrayInputStream(sent), coding)) {
            byte[] plain = in.readNBytes(maxBytes + 1);
            if (plain.length > maxBytes) {
                throw RequestException.tooLarge("the request is larger than " + maxBytes + " bytes");
            }
            return plain;
        } catch (IOException e) {
            throw RequestException.brokenOff("the request body broke off", e);
        }
    }

    @Override
    public void close() {
        if (inflated != null) {
            inflated.close();
        }
    }

    /** A stream of servlets, which is read by waiting for it only. */
    private static final class PlainStream extends ServletInputStream {
        private final InputStream in;
        private final BooleanSupplier ended;

        PlainStream(InputStream in, BooleanSupplier ended) {
            this.in = in;
            this.ended = ended;
        }

        @Override
        public int read() throws IOException {
            return in.read();
        }

        @Override
        public int read(byte[] into, int from, int wanted) throws IOException {
            return in.read(into, from, wanted);
        }

        @Override
        public boolean isFinished() {
            return ended.getAsBoolean();
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void setReadListener(ReadListener listener) {
            throw new IllegalStateException("this body is read by waiting for it");
        }
    }
}
