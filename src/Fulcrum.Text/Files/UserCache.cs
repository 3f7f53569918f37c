namespace Fulcrum.Files;

/// <summary>The folder for files that programs of this user can recreate.</summary>
internal static class UserCache
{
    /// <summary>Returns <c>XDG_CACHE_HOME</c>, or <c>.cache</c> in the user's home; null if neither is an absolute
    /// path.</summary>
    public static string? Folder() =>
        Of(
            Environment.GetEnvironmentVariable("XDG_CACHE_HOME"),
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)
        );

    /// <summary>Returns the folder for given values. A relative path is ignored (XDG Base Directory Specification):
    /// nothing is kept in or loaded from the current folder.</summary>
    /// <param name="named">The value of <c>XDG_CACHE_HOME</c>.</param>
    /// <param name="home">The user's home.</param>
    public static string? Of(string? named, string? home) =>
        Path.IsPathFullyQualified(named ?? "") ? named
        : Path.IsPathFullyQualified(home ?? "") ? Path.Combine(home!, ".cache")
        : null;
}
