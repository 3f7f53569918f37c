using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>Address, cache and token of the hub, from the environment variables of Python's
/// <c>huggingface_hub</c>.</summary>
/// <param name="Endpoint">Base address without a slash at its end; a mirror may have a path.</param>
/// <param name="Home">Folder of the token (<c>HF_HOME</c>).</param>
/// <param name="Cache">Folder of the repositories (<c>HF_HUB_CACHE</c>).</param>
/// <param name="TokenPath">File of the stored token.</param>
/// <param name="Token">Token that is sent to the endpoint; null for none.</param>
/// <param name="Offline">Whether requests are forbidden (<c>HF_HUB_OFFLINE</c>).</param>
/// <param name="AnswerLimit">Longest wait for the answer to a look-up, a listing or a HEAD.</param>
/// <param name="SilenceLimit">Longest wait for the next bytes of a file.</param>
internal sealed record HubSettings(
    Uri Endpoint,
    string Home,
    string Cache,
    string TokenPath,
    HubToken? Token,
    bool Offline,
    TimeSpan AnswerLimit,
    TimeSpan SilenceLimit
)
{
    /// <summary>A file of at least this many bytes is downloaded in pieces of this size, several at the same
    /// time.</summary>
    internal long PieceBytes { get; init; } = 64L << 20;

    /// <summary>Pause before the first retry. Each further pause is twice as long, up to
    /// <see cref="LongestPause"/>.</summary>
    internal TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(0.4);

    /// <summary>The longest pause before a retry, unless the server asks for more.</summary>
    internal static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(8);

    private const string PublicHub = "https://huggingface.co";
    private static readonly string[] Yes = ["1", "ON", "YES", "TRUE"];

    /// <summary>Reads the settings of this process.</summary>
    /// <exception cref="InputException">A variable is not an address, or the token is unusable. The message names the
    /// variable.</exception>
    public static HubSettings FromEnvironment() => From(Environment.GetEnvironmentVariable);

    /// <summary>Reads the settings through a function that returns the value of a variable; null if it is not
    /// set.</summary>
    /// <exception cref="InputException">As for <see cref="FromEnvironment"/>.</exception>
    public static HubSettings From(Func<string, string?> variable)
    {
        string? First(params string[] names) => names.Select(variable).FirstOrDefault(v => !string.IsNullOrEmpty(v));
        string user = First("HOME", "USERPROFILE") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string Expanded(string path) => path == "~" || path.StartsWith("~/") ? user + path[1..] : path;
        string home = Expanded(
            First("HF_HOME") ?? Path.Combine(First("XDG_CACHE_HOME") ?? Path.Combine(user, ".cache"), "huggingface")
        );
        string tokenPath = Expanded(First("HF_TOKEN_PATH") ?? Path.Combine(home, "token"));
        bool sendsToken = !IsYes(variable("HF_HUB_DISABLE_IMPLICIT_TOKEN"));
        return new HubSettings(
            Address(First("HF_ENDPOINT") ?? PublicHub),
            Path.GetFullPath(home),
            Path.GetFullPath(Expanded(First("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE") ?? Path.Combine(home, "hub"))),
            Path.GetFullPath(tokenPath),
            sendsToken ? HubToken.Find(variable, tokenPath) : null,
            IsYes(First("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")),
            Seconds("HF_HUB_ETAG_TIMEOUT", variable),
            Seconds("HF_HUB_DOWNLOAD_TIMEOUT", variable)
        );
    }

    /// <summary>Returns whether an address belongs to the endpoint: same scheme, host and port. The token is sent to
    /// such addresses only.</summary>
    public bool IsEndpoint(Uri address) =>
        address.Scheme == Endpoint.Scheme
        && address.Port == Endpoint.Port
        && string.Equals(address.Host, Endpoint.Host, StringComparison.OrdinalIgnoreCase);

    private static bool IsYes(string? value) => Yes.Contains(value?.ToUpperInvariant());

    private static Uri Address(string text) =>
        Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out Uri? address)
        && address.Scheme is "http" or "https"
        && address.UserInfo == ""
            ? address
            : throw new InputException(
                $"HF_ENDPOINT: '{Printable.Message(text)}' is not the address of a hub; "
                    + "expected https://HOST without a user name"
            );

    private static TimeSpan Seconds(string name, Func<string, string?> variable) =>
        variable(name) is not { Length: > 0 } text ? TimeSpan.FromSeconds(10)
        : double.TryParse(text, out double seconds) && seconds is > 0 and <= 86400 ? TimeSpan.FromSeconds(seconds)
        : throw new InputException(
            $"{name}: '{Printable.Message(text)}' is not a number of seconds between 0 and 86400"
        );
}
