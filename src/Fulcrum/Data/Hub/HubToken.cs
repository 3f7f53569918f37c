using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>An access token and its origin. <see cref="ToString"/> does not contain the secret.</summary>
internal sealed class HubToken
{
    private const int Longest = 4096;

    /// <summary>Creates a token from a text. White space around it is removed.</summary>
    /// <param name="origin">The name of the variable or file, for messages.</param>
    /// <exception cref="InputException">The text is empty, or contains characters that no token has.</exception>
    public HubToken(string text, string origin)
    {
        Value = text.Trim();
        Origin = origin;
        if (Value.Length is 0 or > Longest || !Value.All(c => c is > ' ' and < '\x7f'))
        {
            throw new InputException($"the token from {origin} is empty or holds characters that no token has");
        }
    }

    /// <summary>Name of the variable or file that held the token.</summary>
    public string Origin { get; }

    /// <summary>The secret itself, for the Authorization header and the token file only.</summary>
    internal string Value { get; }

    /// <inheritdoc/>
    public override string ToString() => $"the token from {Origin}";

    /// <summary>Returns the token of <c>HF_TOKEN</c>, <c>HUGGING_FACE_HUB_TOKEN</c> or the token file, in this order;
    /// null if there is none.</summary>
    /// <exception cref="InputException">The token is unusable, or the file cannot be read.</exception>
    internal static HubToken? Find(Func<string, string?> variable, string tokenPath)
    {
        foreach (string name in (string[])["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"])
        {
            if (!string.IsNullOrWhiteSpace(variable(name)))
            {
                return new HubToken(variable(name)!, name);
            }
        }

        string? stored = Stored(tokenPath);
        return string.IsNullOrWhiteSpace(stored) ? null : new HubToken(stored, tokenPath);
    }

    private static string? Stored(string path)
    {
        try
        {
            FileEntry entry = FileEntry.Of(path);
            return entry.Kind == EntryKind.File && entry.Bytes <= Longest ? BoundedFile.ReadText(path, Longest) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read the token file {path}: {e.Message}", e);
        }
    }
}
