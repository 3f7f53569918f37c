using System.IO.Compression;
using Fulcrum.Files;

namespace Fulcrum.Data;

/// <summary>Rows of a file that is packed with gzip, for example <c>train.jsonl.gz</c>.</summary>
internal static class PackedTable
{
    private const long LargestFile = 1 << 28;

    /// <summary>Returns every row of the file inside.</summary>
    /// <exception cref="InputException">The file cannot be unpacked, unpacks to more than 256 MiB, or is malformed
    /// inside.</exception>
    public static IReadOnlyList<TableRow> Read(string path)
    {
        string folder = Directory.CreateTempSubdirectory("fulcrum-").FullName;
        string unpacked = Path.Combine(folder, Path.GetFileNameWithoutExtension(path));
        try
        {
            Unpack(path, unpacked);
            return [.. Table.Read(unpacked).Select(row => row with { File = path })];
        }
        catch (InputException e)
        {
            throw new InputException(e.Message.Replace(unpacked, path, StringComparison.Ordinal), e);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Unpack(string path, string unpacked)
    {
        try
        {
            using Stream packed = BoundedFile.Open(path, LargestFile);
            using GZipStream content = new(packed, CompressionMode.Decompress);
            using FileStream output = File.Create(unpacked);
            byte[] buffer = new byte[1 << 16];
            for (int count; (count = content.Read(buffer)) > 0; )
            {
                output.Write(buffer, 0, count);
                if (output.Length > LargestFile)
                {
                    throw new InputException($"{path}: unpacked it is larger than {LargestFile} bytes");
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new InputException($"{path}: cannot be unpacked: {e.Message}", e);
        }
    }
}
