namespace Fulcrum.Files;

/// <summary>The folder of what this user's programs can make again.</summary>
internal static class UserCache
{
    /// <summary>Returns <c>XDG_CACHE_HOME</c>, or <c>.cache</c> in the user's home; null if neither is an absolute
    /// path.</summary>
    public static string? Folder() =>
        Of(
            Environment.GetEnvironmentVariable("XDG_CACHE_HOME"),
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)
        );

    /// <summary>The same for given values. A relative path counts as none, because nothing is kept in or loaded from
    /// the current folder (XDG Base Directory Specification).</summary>
    /// <param name="named">Value of <c>XDG_CACHE_HOME</c>.</param>
    /// <param name="home">The user's home.</param>
    public static string? Of(string? named, string? home) =>
        Path.IsPathFullyQualified(named ?? "") ? named
        : Path.IsPathFullyQualified(home ?? "") ? Path.Combine(home!, ".cache")
        : null;
}
