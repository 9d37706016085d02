package io.millrace.rest.entry;

import io.millrace.rest.dialect.ErrorBody;
import io.millrace.rest.dialect.MediaTypes;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Says in the dialect's shape whom the container refused, which it does before any filter runs. The container has set the status
 * and WWW-Authenticate.
 */
@WebServlet(urlPatterns = "/WEB-INF/refusal")
public class RefusalServlet extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Object status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
        boolean unknown = Integer.valueOf(HttpServletResponse.SC_UNAUTHORIZED).equals(status);
        int answered = unknown ? HttpServletResponse.SC_UNAUTHORIZED : HttpServletResponse.SC_FORBIDDEN;
        byte[] body = new ErrorBody(answered, unknown
                ? "who asks is not known: send the credentials that this cluster takes"
                : "who asks has no role that may do this: see the roles in docs/security.md").toJson();
        response.setStatus(answered);
        response.setContentType(MediaTypes.DIALECT);
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }
}
