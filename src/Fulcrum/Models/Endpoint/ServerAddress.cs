namespace Fulcrum.Models.Endpoint;

/// <summary>The address of a server: the part that its OpenAI-compatible routes begin with
/// (<c>http://host:8000/v1</c>).</summary>
/// <remarks>The address is stored with results, so it must not contain a secret. User information and query strings are
/// refused.</remarks>
internal sealed record ServerAddress
{
    private ServerAddress(Uri api) => Api = api;

    /// <summary>The address as given, without a slash at its end.</summary>
    public Uri Api { get; }

    /// <summary>Host and port, as messages show them.</summary>
    public string Host => Api.Authority;

    /// <summary>Whether the key of a request would leave this machine unencrypted.</summary>
    internal bool IsExposed => Api.Scheme == Uri.UriSchemeHttp && !Api.IsLoopback;

    /// <summary>Reads an address.</summary>
    /// <exception cref="InputException">It is not an absolute http or https address, or it contains a password or a
    /// query.</exception>
    public static ServerAddress Parse(string address)
    {
        if (
            !Uri.TryCreate(address.Trim(), UriKind.Absolute, out Uri? uri)
            || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)
            || uri.Host.Length == 0
        )
        {
            throw new InputException(
                $"the endpoint '{Printable.Excerpt(address, 100)}' is not an address such as http://localhost:8000/v1"
            );
        }

        if (uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            // The message does not quote the address, because it may contain a password.
            throw new InputException(
                $"the endpoint at {uri.Authority} must be an address without user name, query or fragment; "
                    + "a key belongs into an environment variable"
            );
        }

        return new ServerAddress(new Uri(uri.AbsoluteUri.TrimEnd('/')));
    }

    /// <summary>Returns the address of a route of OpenAI's protocol, such as <c>completions</c>.</summary>
    internal Uri Route(string name) => new($"{Api.AbsoluteUri.TrimEnd('/')}/{name}");

    /// <summary>Returns the address of a route outside of OpenAI's protocol, such as <c>api/chat</c> of
    /// Ollama.</summary>
    internal Uri OwnRoute(string name)
    {
        string path = Api.AbsoluteUri.TrimEnd('/');
        return new Uri($"{(path.EndsWith("/v1", StringComparison.Ordinal) ? path[..^3] : path)}/{name}");
    }

    /// <inheritdoc/>
    public override string ToString() => Api.AbsoluteUri.TrimEnd('/');
}
