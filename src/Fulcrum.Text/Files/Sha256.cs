using System.Security.Cryptography;
using System.Text;

namespace Fulcrum.Files;

/// <summary>SHA-256 digests in lower-case hexadecimal.</summary>
internal static class Sha256
{
    /// <summary>Returns the digest of texts in UTF-8, separated by a NUL character.</summary>
    public static string OfTexts(params string[] parts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', parts))));

    /// <summary>Returns the digest of a file's bytes.</summary>
    public static string OfFile(string path)
    {
        using Stream stream = BoundedFile.Open(path, long.MaxValue);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
