using System.Security.Cryptography;
using System.Text;

namespace Fulcrum.Report.Elements;

/// <summary>The report's style sheet and script, which are embedded in the assembly.</summary>
internal static class Resource
{
    /// <summary>The text of <c>report.css</c> or <c>report.js</c>.</summary>
    public static string Text(string name)
    {
        using Stream stream =
            typeof(Resource).Assembly.GetManifestResourceStream(name)
            ?? throw new ArgumentException($"there is no resource {name}", nameof(name));
        using StreamReader reader = new(stream, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    /// <summary>The source expression by which a Content-Security-Policy allows exactly this text.</summary>
    public static string Hash(string name) =>
        $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Text(name))))}'";
}
