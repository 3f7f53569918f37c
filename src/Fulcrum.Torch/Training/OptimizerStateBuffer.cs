using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Fulcrum.Files;

namespace Fulcrum.Torch.Training;

/// <summary>Zero-initialised memory outside the managed heap: unmanaged memory, or a memory-mapped file that the OS
/// may page out.</summary>
internal sealed unsafe class OptimizerStateBuffer : IDisposable
{
    private readonly MemoryMappedFile? map;
    private readonly MemoryMappedViewAccessor? view;
    private byte* start;

    /// <param name="file">The file to map, deleted in the end; null for plain memory.</param>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public OptimizerStateBuffer(long bytes, string? file)
    {
        if (file is null || bytes == 0)
        {
            start = (byte*)NativeMemory.AllocZeroed((nuint)Math.Max(1, bytes));
            return;
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            FileStream stream = new(
                $"{file}.{RandomNumberGenerator.GetHexString(16, lowercase: true)}",
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.ReadWrite,
                    Options = FileOptions.DeleteOnClose,
                    PreallocationSize = bytes,
                }
            );
            map = MemoryMappedFile.CreateFromFile(
                stream,
                null,
                bytes,
                MemoryMappedFileAccess.ReadWrite,
                HandleInheritability.None,
                leaveOpen: false
            );
            view = map.CreateViewAccessor(0, bytes);
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        }
        catch (Exception e) when (AtomicFile.IsRefusal(e))
        {
            throw new InputException($"the optimiser's state cannot be kept in {file}: {AtomicFile.Reason(e)}", e);
        }
    }

    /// <summary>The first byte; valid until it is disposed.</summary>
    public byte* Start => start;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (view is null)
        {
            NativeMemory.Free(start);
        }
        else
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
            map!.Dispose();
        }

        start = null;
    }
}
