package io.millrace.rest.entry;

import io.millrace.rest.cluster.BrokerHeaders;
import io.millrace.rest.cluster.BrokerSignatures;
import io.millrace.rest.cluster.ForgedRequestException;
import io.millrace.rest.cluster.FrameReader;
import io.millrace.rest.cluster.RequestHead;
import io.millrace.rest.dialect.RequestException;
import io.millrace.security.Role;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Who sends a request, which is to be found out once for each, and how its body comes from there.
 *
 * @param ofBroker whether a broker of this cluster does
 * @param length   of the body, in bytes as its first sender sent them, or {@link BodyLength#UNTOLD}
 * @param plain    makes such bytes of the body as it comes
 */
record Arrival(boolean ofBroker, long length, UnaryOperator<ServletInputStream> plain) {
    /**
     * @param signatures  take requests of brokers
     * @param mayBeBroker whether its sender may be one
     * @throws RequestException 401 when it says to be of a broker and is not, or came before, 403 when it may not be; 400 when its
     *                          length cannot be understood
     */
    static Arrival of(HttpServletRequest request, BrokerSignatures signatures, boolean mayBeBroker) {
        long length = BodyLength.of(CheckedRequest.values(request, "Content-Length"), CheckedRequest.values(request, "Transfer-Encoding"));
        RequestHead head = new RequestHead(request.getMethod(), RequestTarget.path(request), request.getQueryString(),
                name -> CheckedRequest.values(request, name));
        if (!BrokerSignatures.isClaimed(head)) {
            return new Arrival(false, length, UnaryOperator.identity());
        }
        if (!mayBeBroker) {
            throw RequestException.forbidden("the request says to be one of a broker, and who sends it has not the role "
                    + Role.BROKER.text() + ": brokers get it by their certificates (docs/security.md)");
        }
        try {
            FrameReader frames = signatures.take(head);
            return new Arrival(true, told(request.getHeader(BrokerHeaders.BODY)), in -> new FramedInput(in, frames));
        } catch (ForgedRequestException e) {
            throw RequestException.unauthorized(e.getMessage());
        }
    }

    private static long told(String length) {
        return length == null ? 0 : length.equals(BrokerHeaders.UNTOLD) ? BodyLength.UNTOLD : BodyLength.of(List.of(length), List.of());
    }
}
