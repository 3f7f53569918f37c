using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>A data set in a folder of this machine.</summary>
internal static class LocalDataset
{
    private const int Depth = 20;

    /// <summary>Parses <c>FOLDER[:CONFIG[/SPLIT]]</c>; returns null if there is no such folder.</summary>
    public static (string Folder, string? Configuration, string? Split)? Parse(string text)
    {
        if (Directory.Exists(text))
        {
            return (text, null, null);
        }

        int colon = text.LastIndexOf(':');
        if (colon < 1 || !Directory.Exists(text[..colon]))
        {
            return null;
        }

        string[] parts = text[(colon + 1)..].Split('/', 2);
        return (text[..colon], parts[0], parts.Length > 1 ? parts[1] : null);
    }

    /// <summary>Returns the names of all files in a folder, segments divided by slashes. A folder that is a link is not
    /// entered.</summary>
    /// <exception cref="InputException">The folder has too many entries.</exception>
    public static string[] Paths(string folder) =>
        [
            .. InnerPath
                .FilesIn(folder, "*", Depth)
                .Select(f => Path.GetRelativePath(folder, f).Replace(Path.DirectorySeparatorChar, '/'))
                .Order(StringComparer.Ordinal),
        ];
}
