using System.Net;
using System.Security.Cryptography;
using System.Text;
using Fulcrum.Report.Elements;
using Microsoft.AspNetCore.Http;

namespace Fulcrum.View;

/// <summary>Lets a request through only if it names this server as its host and has the token as the first part of its
/// path.</summary>
/// <remarks>
/// Any web page that the user visits can send requests to a port of this machine. It does not have the token, and the
/// comparison takes the same time for every wrong token. A page whose domain name resolves to this machine (DNS
/// rebinding) sends its own name as the host.
/// </remarks>
internal sealed class Gate
{
    private const int TokenBytes = 32;
    private readonly byte[] expected;

    /// <summary>Creates a gate with a random token.</summary>
    public Gate()
    {
        Token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes));
        expected = Encoding.ASCII.GetBytes(Token);
    }

    /// <summary>The token, in hexadecimal digits.</summary>
    public string Token { get; }

    /// <summary>Answers a request that is not allowed. Otherwise removes the token from its path and passes it
    /// on.</summary>
    public async Task Pass(HttpContext context, RequestDelegate next)
    {
        Headers(context.Response.Headers);
        if (!IsThisServer(context))
        {
            context.Response.StatusCode = (int)HttpStatusCode.MisdirectedRequest;
            return;
        }

        string path = context.Request.Path.Value ?? "";
        int end = path.IndexOf('/', Math.Min(1, path.Length));
        if (end < 0 || !IsToken(path[1..end]))
        {
            context.Response.StatusCode = (int)HttpStatusCode.NotFound;
            return;
        }

        if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.StatusCode = (int)HttpStatusCode.MethodNotAllowed;
            return;
        }

        context.Request.Path = path[end..];
        await next(context);
    }

    private bool IsToken(string given) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), expected);

    private static bool IsThisServer(HttpContext context)
    {
        string host = context.Request.Host.Value ?? "";
        int port = context.Connection.LocalPort;
        return host == $"127.0.0.1:{port}" || host == $"localhost:{port}";
    }

    private static void Headers(IHeaderDictionary headers)
    {
        headers["Content-Security-Policy"] =
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
            + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        headers["X-Content-Type-Options"] = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cache-Control"] = "no-store";
    }

    /// <summary>Sets the content policy of a report, which contains its style sheet and its script.</summary>
    public static void ForReport(IHeaderDictionary headers) =>
        headers["Content-Security-Policy"] =
            $"default-src 'none'; style-src {Resource.Hash("report.css")}; script-src {Resource.Hash("report.js")}; "
            + "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
}
