using Xunit;

namespace Fulcrum.Tests;

/// <summary>The reference data beside the project (<c>../shared</c>), or the small part of it in
/// <c>tests/reference</c>; tests that need more skip, and say so.</summary>
internal static class SharedData
{
    private static readonly string? Root = Find("shared");

    /// <summary>The project's own root folder.</summary>
    public static string Project { get; } = Path.GetDirectoryName(Find("Fulcrum.slnx"))!;

    /// <summary>A path under <c>../shared</c>, where <c>golden</c> without it is <c>tests/reference</c>; skips the
    /// calling test when there is neither.</summary>
    public static string Of(params string[] parts)
    {
        if (Root is not null)
        {
            return Path.Combine([Root, .. parts]);
        }

        string inside = parts[0] == "golden" ? InProject(parts[1..]) : "";
        Assert.SkipUnless(
            Path.Exists(inside),
            $"{string.Join('/', parts)} of the reference data ../shared is not beside the project"
        );
        return inside;
    }

    /// <summary>A path under <c>tests/reference</c>, which is always there.</summary>
    public static string InProject(params string[] parts) => Path.Combine([Project, "tests", "reference", .. parts]);

    private static string? Find(string name)
    {
        for (DirectoryInfo? d = new(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            string candidate = Path.Combine(d.FullName, name);
            if (File.Exists(candidate) || Directory.Exists(Path.Combine(candidate, "golden")))
            {
                return candidate;
            }
        }

        return null;
    }
}
